#!/usr/bin/env bash
# Measures 'drprune spark-prepare': its memory over input of growing size, and its speed beside 'drprune prepare'
# and Python's datasets with its fast tokenizer, in turn. Needs SPARK_HOME and, for the last, a Python with
# datasets and transformers.
#
#   build-tools/measure-spark.sh MODEL TEXT.jsonl FOLDER [PYTHON]
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
[[ $# -ge 3 ]] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
model="$(realpath "$1")" text="$(realpath "$2")" folder="$3" python="${4:-}"
mkdir -p "$folder"
folder="$(realpath "$folder")"

# Makes a domain of $1 MB out of the text.
corpus() {
  local to="$folder/corpus-$1/text.jsonl"
  [[ -f "$to" ]] && return
  mkdir -p "$folder/corpus-$1"
  until [[ -f "$to" && "$(stat -c %s "$to")" -ge "${1}000000" ]]; do cat "$text" >>"$to"; done
  truncate -s "${1}000000" "$to"
  sed -i '$d' "$to" # the line that was cut
}

# Runs a preparation of $2 MB on one thread; its seconds, and the most memory of the process.
timed() {
  local name="$1" size="$2" out="$folder/out"
  shift 2
  rm -rf "$out"
  /usr/bin/time -f "$name $size MB: %e s, %U s of processor time in user mode, %M KiB" "$root/drprune" "$@" \
    --tokenizer "$model" --input "$folder/corpus-$size" --seq-len 1024 --max-bad-lines 0 --out "$out" \
    2>&1 >/dev/null | grep -a " MB: "
}

for size in ${SIZES:-10 100 1000}; do
  corpus "$size"
  timed spark-prepare "$size" spark-prepare --master 'local[1]' --part-mib 32
  timed prepare "$size" prepare --threads 1
done
if [[ -n "$python" ]]; then
  TOKENIZERS_PARALLELISM=false RAYON_NUM_THREADS=1 "$python" - "$model" "$folder/corpus-100/text.jsonl" <<'PY'
import sys, time, os, tempfile
from datasets import load_dataset
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
with tempfile.TemporaryDirectory() as cache:
    data = load_dataset("json", data_files=sys.argv[2], split="train", cache_dir=cache)
    begin, cpu = time.time(), os.times()
    tokens = data.map(lambda rows: tokenizer(rows["text"]), batched=True, remove_columns=data.column_names)
    print(f"datasets 100 MB: {time.time() - begin:.1f} s, {os.times().user - cpu.user:.1f} s of processor time in user mode")
PY
fi
