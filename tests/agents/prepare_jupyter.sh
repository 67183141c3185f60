#!/bin/sh
# Makes an interpreter with Jupyter's own reader, validator and kernel, for tests/agents/rows/test_notebooks.py. Asks PyPI; tests do
# not. usage: prepare_jupyter.sh [FOLDER] (default: build/jupyter of the repository)
set -eu
folder=${1:-$(dirname "$0")/../../build/jupyter}
python3 -m venv "$folder"
"$folder/bin/python" -m pip install --quiet nbformat==5.11.1 nbclient==0.11.0 ipykernel==7.4.0 matplotlib
"$folder/bin/python" -c 'import nbformat, nbclient, ipykernel, matplotlib'
echo "$folder/bin/python"
