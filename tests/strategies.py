"""What hypothesis draws in more than one test module."""

from hypothesis import strategies as st

# Characters at the edges of the rules, and all others.
characters = st.one_of(
    st.sampled_from("abZ019-_.%/\\ :*?\"<>|~$'@+#&=;,!()[]\x01\x1f\x7f\x85\u0301\u0323\u0338"),
    st.sampled_from("jsonJSON\u017f\u200dEFüß日😀\u00ad\u1fb3\u0345\u212a"),
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
)
