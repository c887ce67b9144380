// unstorage's own HTTP server over its fs driver. Arguments: the folder, the port.
import { createServer } from "node:http";
import process from "node:process";
import { createStorage } from "unstorage";
import fs from "unstorage/drivers/fs";
import { createStorageServer } from "unstorage/server";

const [base, port] = process.argv.slice(2);
const { handle } = createStorageServer(createStorage({ driver: fs({ base }) }));
createServer(handle).listen(Number(port), "127.0.0.1");
