import BillhookCore
import BillhookPipeline
import Testing
import TestSupport

/// A run whose weights stay where it computes finds what a run finds that copies them for each pass.
@Suite struct ResidentRunTests {
  private static func recipe(_ model: String) -> String {
    """
    model "\(model)" { compute = bfloat16 }
    data windows = tokens "windows.txt"
    evaluate speed { output = 2, repeat = 1 }
    evaluate perplexity on windows
    branch gradients {
      prune attention_head on windows { by taylor, remove 2 }
      evaluate perplexity on windows
    }
    branch depth {
      prune block on windows { by ppl, remove 1 }
      evaluate perplexity on windows
      branch lora {
        recover lora on windows { tokens = 200, batch = 2 }
        evaluate perplexity on windows
      }
      branch distill {
        recover distill on windows { tokens = 200, batch = 2 }
        evaluate perplexity on windows
      }
    }
    branch width {
      prune mlp_channel on windows { by flap, remove 20%, repair bias_compensation }
      evaluate perplexity on windows
      recover cpt on windows { tokens = 200, batch = 2 }
      evaluate perplexity on windows
      prune attention_head on windows { by taylor, remove 2 }
      evaluate perplexity on windows
    }
    branch sparse {
      prune weight on windows { by wanda, remove 50% }
      evaluate perplexity on windows
      recover lora on windows { tokens = 200, batch = 2 }
      evaluate perplexity on windows
    }
    """
  }

  @Test func weightsThatStayChangeNothing() throws {
    let golden = try Golden("llama-gqa")
    let found = try [nil, DeviceRoom(30_000), DeviceRoom(1 << 30)].map { room in
      try Fixture.withFolder { folder in
        let windows = TokenFile.text(golden.tokens)
        try FileSystem.write(Array(windows.utf8), to: "\(folder)/windows.txt")
        let run = try TinyRun(whole: Self.recipe(golden.model.directory.path), in: folder)
        let whole = room?.free ?? 0
        let report = try run.report(keepingWeightsIn: room) {
          #expect(room.map { $0.free < whole } ?? true)
        }
        // Models give back what they took.
        #expect(room?.free ?? 0 == whole)
        #expect(report.failures.isEmpty)
        return report.rows.flatMap(\.metrics).filter { $0.name.hasPrefix("perplexity") }
          .map(\.value)
      }
    }
    #expect(found[0].count == 10)
    #expect(found[1] == found[0])
    #expect(found[2] == found[0])
  }
}
