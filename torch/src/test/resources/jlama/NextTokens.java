import com.github.tjake.jlama.model.ModelSupport;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.tensor.KvBufferCache;
import java.io.File;
import java.util.Optional;

/** Prints Jlama's most likely next token after each of the given ones: FOLDER TOKEN... */
class NextTokens {
  public static void main(String[] args) throws Exception {
    var model = ModelSupport.loadModel(new File(args[0]), DType.F32, DType.F32);
    try (var cache = new KvBufferCache(model);
        var past = cache.getEphemeralKvBuffer()) {
      for (int position = 0; position < args.length - 1; position++) {
        int token = Integer.parseInt(args[position + 1]);
        float[] logits;
        try (var output = model.forward(token, position, past, Optional.empty())) {
          logits = model.getLogits(output);
        }
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
          best = logits[i] > logits[best] ? i : best;
        }
        System.out.println("next " + best);
      }
    }
    System.exit(0); // its threads do not end
  }
}
