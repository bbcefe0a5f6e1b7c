// What every grpc-js server costs at rest: an empty one. node bare-process.ts SOCKET
import { Server, ServerCredentials } from "@grpc/grpc-js";

const server = new Server({ "grpc.enable_channelz": 0 });
server.bindAsync(`unix:${process.argv[2]}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
  process.stderr.write('{"event":"daemon_started"}\n');
});
