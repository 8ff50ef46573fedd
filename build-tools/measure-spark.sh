#!/usr/bin/env bash
# Measures 'drprune spark-prepare' on one thread over input of growing size, beside 'drprune prepare' and
# Python's datasets with a fast tokenizer, one process each, in turn: wall and processor time, the most resident
# memory, tokens by second of processor time. Needs SPARK_HOME and, for the last, a Python with datasets.
#
#   [SIZES="10 100"] build-tools/measure-spark.sh MODEL TEXT.jsonl FOLDER [PYTHON]
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
[[ $# -ge 3 ]] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
model="$(realpath "$1")" text="$(realpath "$2")" folder="$3" python="${4:-}"
drprune="${DRPRUNE:-$root/drprune}"
mkdir -p "$folder"
folder="$(realpath "$folder")"

# Makes a domain of $1 MB out of copies of the text, each with another number before every text.
corpus() {
  local to="$folder/corpus-$1/text.jsonl" copy=0
  [[ -f "$to" ]] && return
  mkdir -p "$folder/corpus-$1"
  until [[ -f "$to.partial" && "$(stat -c %s "$to.partial")" -ge "${1}000000" ]]; do
    copy=$((copy + 1))
    sed "s/\"text\": *\"/\"text\": \"copy $copy /" "$text" >>"$to.partial"
  done
  truncate -s "${1}000000" "$to.partial"
  sed -i '$d' "$to.partial" # the line that was cut
  mv "$to.partial" "$to"
}

# Runs command $3..., called $1, over $2 MB; it prints the number of tokens last.
timed() {
  local name="$1" size="$2" tokens
  shift 2
  rm -rf "$folder/out"
  tokens="$(/usr/bin/time -o "$folder/time" -f "%e %U %S %M" "$@" 2>"$folder/log" | tail -n 1)" ||
    { cat "$folder/log" >&2; exit 1; }
  awk -v name="$name" -v size="$size" -v tokens="$tokens" '{
    printf "%-13s %4d MB: %8.1f s, processor %7.1f s, %5d MB resident, %d tokens, %8.0f tokens/s of processor time\n",
      name, size, $1, $2 + $3, $4 / 1024, tokens, tokens / ($2 + $3) }' "$folder/time"
}

# The tokens of what was prepared.
prepared() {
  "$drprune" "$@" --tokenizer "$model" --input "$folder/corpus-$size" --seq-len 1024 --max-bad-lines 0 \
    --out "$folder/out" >/dev/null
  awk -F'[:,]' '/"tokens"/ { sum += $2 } END { print sum }' "$folder/out/manifest.json"
}
export -f prepared
export drprune model folder size

for size in ${SIZES:-10 100 1000}; do
  corpus "$size"
  timed spark-prepare "$size" bash -c "prepared spark-prepare --master 'local[1]' --part-mib 32"
  timed prepare "$size" bash -c "prepared prepare --threads 1"
  if [[ -n "$python" ]]; then
    timed datasets "$size" env TOKENIZERS_PARALLELISM=false RAYON_NUM_THREADS=1 HF_HUB_OFFLINE=1 \
      "$python" "$root/build-tools/measure_datasets.py" "$model/tokenizer.json" \
      "$folder/corpus-$size/text.jsonl" "$folder/cache"
    rm -rf "$folder/cache"
  fi
done
