"""Generates the Python messages and stubs from proto/ into a folder. Needs grpcio-tools.

Usage: python clients/python/generate.py FOLDER
"""

import pathlib
import sys

import grpc_tools
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[2]


def generate(folder: pathlib.Path) -> int:
    """Writes the generated code; answers protoc's exit code, 0 when all is well."""
    folder.mkdir(parents=True, exist_ok=True)
    proto = ROOT / "proto"
    files = sorted(str(path.relative_to(proto)) for path in (proto / "tollgate").rglob("*.proto"))
    well_known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    return protoc.main(
        ["protoc", f"-I{proto}", f"-I{well_known}", f"--python_out={folder}", f"--grpc_python_out={folder}", *files]
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(generate(pathlib.Path(sys.argv[1])))
