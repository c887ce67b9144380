// Loaded before json-server 1.0, which listens on every address whatever its --host says.
const { Server } = require("node:net");

const { listen } = Server.prototype;

Server.prototype.listen = function (port, ...rest) {
  const given = rest.filter((argument) => argument !== undefined);
  return listen.call(this, port, ...(typeof given[0] === "string" ? [] : ["127.0.0.1"]), ...given);
};
