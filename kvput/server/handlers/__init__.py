"""What each method does at each kind of path: gather values, ask the rules, word the answer."""
