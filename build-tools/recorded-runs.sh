#!/usr/bin/env bash
# Shows whether a redesign changed any result: makes a set of small runs (the demo; for three families
# in fp32 and bf16 training, pruning with both group policies, importance in one shot, a run that is
# interrupted and resumed, evaluation and generation) and writes hashes of the models and the figures.
#
#   build-tools/recorded-runs.sh record FILE     before the change
#   build-tools/recorded-runs.sh compare FILE    after it, on the same machine: prints what differs
#
# The hashes hold for one kind of processor and one number of threads only.
set -euo pipefail

usage() {
  sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
  exit 2
}
[[ $# -eq 2 && "$1" =~ ^(record|compare)$ ]] || usage
mode="$1" file="$2"
home="$(cd "$(dirname "$0")/.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
results="$work/results.txt"

drprune() {
  "$home/drprune" "$@" >>"$work/log.txt" 2>&1 || {
    tail -20 "$work/log.txt" >&2
    echo "recorded-runs: failed: drprune $*" >&2
    exit 1
  }
}

# Writes the hash of the weights in folder $2 under the name $1.
weights() {
  echo "$1 weights $(cat "$2"/*.safetensors | sha256sum | cut -c1-16)" >>"$results"
}

# Writes the losses that run folder $2 logged under the name $1.
losses() {
  echo "$1 losses $(grep -E '"event":"(train|evaluation|masks)"' "$2/metrics.jsonl" |
    sed -E 's/"(tokens_per_second|seconds|time)":[^,}]*,?//g' | sha256sum | cut -c1-16)" >>"$results"
}

common=(--set "data=$work/demo/data" --set global_batch=8 --set micro_batch=4 --set evaluation_interval=5
  --set evaluation_sequences=4 --set checkpoint_interval=5)

# Runs command $2 with the remaining arguments as keys into folder $work/$1, and notes what comes out.
run() {
  local name="$1" command="$2" keys=()
  shift 2
  for key in "$@"; do keys+=(--set "$key"); done
  drprune "$command" "${common[@]}" --set "output=$work/$name" "${keys[@]}"
  weights "$name" "$work/$name/model"
  losses "$name" "$work/$name"
}

drprune demo --out "$work/demo" --json "$work/demo.json"
for model in source {drpruning,sheared,constant}-{pruned,trained}; do
  weights "demo-$model" "$work/demo/$model/model"
  losses "demo-$model" "$work/demo/$model"
done

target=(target.hidden_size=48 target.layers=2 target.heads=2 target.intermediate_size=96)
for family in llama qwen2 gpt_neox; do
  for precision in fp32 bf16; do
    id="$family-$precision"
    shape=(precision=$precision shape.family=$family shape.hidden_size=64 shape.layers=3 shape.heads=4
      shape.intermediate_size=128 "shape.tokenizer=$work/demo/tokenizer" learning_rate=1e-3)
    narrow=("${target[@]}")
    if [[ $family == gpt_neox ]]; then
      narrow[0]=target.hidden_size=32 # heads x head size
    else
      shape+=(shape.kv_heads=2)
    fi
    source="$work/$id-train/model"
    run "$id-train" train "${shape[@]}" steps=20
    run "$id-prune" prune "model=$source" "precision=$precision" steps=12 "${narrow[@]}" \
      activation_checkpointing=true
    if [[ $family != gpt_neox ]]; then
      run "$id-query-in-group" prune "model=$source" "precision=$precision" steps=12 "${narrow[@]}" \
        group_policy=query_in_group mask_modules='[hidden, head, intermediate, head_layer, mlp]'
    fi
    run "$id-importance" prune "model=$source" "precision=$precision" steps=1 "${narrow[@]}" method=importance

    # Interrupted as soon as it has begun, then called again.
    keys=("${common[@]}" --set "output=$work/$id-resumed" --set "model=$work/$id-prune/model"
      --set "precision=$precision" --set steps=40 --set domains.losses=training)
    "$home/drprune" train "${keys[@]}" >>"$work/log.txt" 2>&1 &
    for _ in $(seq 300); do
      grep -qs '"event":"train"' "$work/$id-resumed/metrics.jsonl" && break
      sleep 0.1
    done
    kill -INT $! 2>/dev/null || true
    wait $! || true
    drprune train "${keys[@]}"
    weights "$id-resumed" "$work/$id-resumed/model"
    losses "$id-resumed" "$work/$id-resumed"

    drprune evaluate "$source" "$work/$id-prune/model" --data "$work/demo/data" --split test \
      --precision $precision --json "$work/$id.json"
    echo "$id evaluate $(sed "s#$work##g" "$work/$id.json" | sha256sum | cut -c1-16)" >>"$results"
    echo "$id generate $("$home/drprune" generate "$work/$id-prune/model" --prompt 'the old river ' \
      --max-tokens 40 --precision $precision 2>>"$work/log.txt" | sha256sum | cut -c1-16)" >>"$results"
  done
done

if [[ $mode == record ]]; then
  cp "$results" "$file"
  echo "$(wc -l <"$file") results recorded in $file"
elif diff "$file" "$results"; then
  echo "all $(wc -l <"$file") results are the same"
else
  echo "recorded-runs: results differ (< before, > now)" >&2
  exit 1
fi
