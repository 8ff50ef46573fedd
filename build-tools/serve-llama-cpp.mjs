// An OpenAI-compatible server of one model for trials of `drprune judge`, on llama.cpp.
//
//   cd FOLDER of install-llama-cpp.sh && node PATH/serve-llama-cpp.mjs MODEL.gguf [PORT [THREADS]]
//
// Answers POST /v1/chat/completions, one request at a time, and needs no key.
import {createServer} from "node:http";
import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";

const library = createRequire(process.cwd() + "/").resolve("node-llama-cpp");
const {getLlama, LlamaChatSession} = await import(pathToFileURL(library));
const [modelPath, port = "8080", threads = "1"] = process.argv.slice(2);
const llama = await getLlama({gpu: false, maxThreads: Number(threads), build: "never", skipDownload: true, logLevel: "warn", progressLogs: false});
const model = await llama.loadModel({modelPath, gpuLayers: 0});
const context = await model.createContext({contextSize: 2048, threads: Number(threads)});

const item = {
  system: text => ({type: "system", text}),
  user: text => ({type: "user", text}),
  assistant: text => ({type: "model", response: [text]}),
};

async function complete({messages, max_tokens: maxTokens, temperature, response_format: format}) {
  const schema = format?.json_schema?.schema;
  const grammar = schema && await llama.createGrammarForJsonSchema(schema);
  const contextSequence = context.getSequence();
  try {
    const session = new LlamaChatSession({contextSequence});
    session.setChatHistory(messages.slice(0, -1).map(({role, content}) => item[role](content)));
    const content = await session.prompt(messages.at(-1).content, {maxTokens, temperature, grammar});
    const completion_tokens = model.tokenize(content).length;
    const prompt_tokens = contextSequence.nextTokenIndex - completion_tokens;
    return {choices: [{index: 0, message: {role: "assistant", content}}], usage: {prompt_tokens, completion_tokens}};
  } finally {
    contextSequence.dispose();
  }
}

let last = Promise.resolve();
createServer(async (request, response) => {
  let body = "";
  for await (const piece of request) body += piece;
  const answer = (status, value) => {
    response.writeHead(status, {"Content-Type": "application/json"});
    response.end(JSON.stringify(value));
  };
  if (request.method !== "POST" || request.url !== "/v1/chat/completions") {
    return answer(404, {error: {message: "only POST /v1/chat/completions"}});
  }
  last = last.then(() => complete(JSON.parse(body)))
    .then(value => answer(200, value), error => answer(400, {error: {message: String(error)}}));
}).listen(Number(port), "127.0.0.1", () => console.log(`http://127.0.0.1:${port}/v1`));
