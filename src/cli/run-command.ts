import { EXIT_CODES } from "./exit-codes.ts";

// argv to a command. Every command is loaded when it is asked for.

const USAGE = `Tollgate enforces limits on AI agents: a gRPC sidecar that decides, counts and stops.

usage: tollgate COMMAND [flags]

  serve      the daemon; its flags: tollgate serve --help
  version    the version
  help       this text

Settings come from flags, TOLLGATE_ variables or the file at TOLLGATE_CONFIG, in this order.
Exit codes: 0 done, 64 wrong use, 65 damaged store refused, 69 an address cannot be had, 70 a fault of ours,
74 the store cannot be used, 75 another daemon holds it, 78 settings or documents are wrong.
`;

/** Sets the exit code and returns when the command is done. */
export async function runCommand(argv: readonly string[]): Promise<void> {
  const [name = "help", ...rest] = argv;
  if (name === "serve") {
    const { serve } = await import("./serve.ts");
    process.exitCode = await serve(rest);
  } else if (name === "version" || name === "--version") {
    const { printVersion } = await import("./print-version.ts");
    printVersion();
  } else if (name === "help" || name === "--help" || name === "-h") process.stdout.write(USAGE);
  else {
    process.stderr.write(`tollgate: "${name}" is no command\n\n${USAGE}`);
    process.exitCode = EXIT_CODES.usage;
  }
}
