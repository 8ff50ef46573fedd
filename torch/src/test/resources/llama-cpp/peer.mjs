// What llama.cpp makes of GGUF files, through node-llama-cpp:
//   node peer.mjs FOLDER_WITH_NODE_MODULES REQUESTS
// REQUESTS has a JSON object a line: {file, context, prompts: [[id]], tokens, texts: [string],
// scored: [[id]]}. The answer to each is a line as well: {continuations: [[id]], ids: [[id]],
// losses: [number]} or {error}. Greedy continuations; losses are mean negative log likelihoods.
import {readFileSync} from "node:fs";
import {pathToFileURL} from "node:url";

const [folder, requests] = process.argv.slice(2);
const {getLlama} = await import(
    pathToFileURL(`${folder}/node_modules/node-llama-cpp/dist/index.js`).href);
const llama = await getLlama({
  gpu: false, build: "never", skipDownload: true, progressLogs: false, logLevel: "error", maxThreads: 1
});

async function continuation(sequence, prompt, length) {
  await sequence.clearHistory();
  const ids = [];
  for await (const id of sequence.evaluate(prompt, {temperature: 0, yieldEogToken: true})) {
    ids.push(id);
    if (ids.length === length) break;
  }
  return ids;
}

async function loss(sequence, ids) {
  await sequence.clearHistory();
  const plain = {temperature: 1, topK: 0, topP: 1, minP: 0};
  const input = ids.map((id) => [id, {generateNext: {probabilities: true, options: plain}}]);
  const output = await sequence.controlledEvaluate(input.slice(0, -1));
  const logs = output.map(({next}, i) => Math.log(next.probabilities.get(ids[i + 1])));
  return -logs.reduce((a, b) => a + b, 0) / logs.length;
}

// All of it, before the process ends.
const print = (answer) => new Promise((done) => process.stdout.write(JSON.stringify(answer) + "\n", done));

for (const line of readFileSync(requests, "utf8").split("\n").filter(Boolean)) {
  const request = JSON.parse(line);
  try {
    const model = await llama.loadModel({modelPath: request.file, gpuLayers: 0, ignoreMemorySafetyChecks: true});
    const context = await model.createContext({
      contextSize: request.context, batchSize: request.context, threads: 1, flashAttention: false,
      experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32", ignoreMemorySafetyChecks: true
    });
    const sequence = context.getSequence();
    const answer = {continuations: [], ids: [], losses: []};
    for (const prompt of request.prompts ?? []) {
      answer.continuations.push(await continuation(sequence, prompt, request.tokens));
    }
    for (const text of request.texts ?? []) {
      answer.ids.push(model.tokenize(text, false));
    }
    for (const ids of request.scored ?? []) {
      answer.losses.push(await loss(sequence, ids));
    }
    await model.dispose();
    await print(answer);
  } catch (error) {
    await print({error: String(error)});
  }
}
process.exit(0);
