import BillhookCore
import Foundation
import Testing
import TestSupport

/// `billhook bench`, as a user calls it; how long anything takes is never looked at.
@Suite struct BenchTests {
  private func bench(_ arguments: String...) throws -> Billhook.Outcome {
    try Billhook.run(["bench", Fixture.tinyModel] + arguments + ["--repeat", "3", "--quiet"])
  }

  @Test func aTableHasARowForEachLoadAndModel() throws {
    let outcome = try bench(
      Fixture.path("models/qwen3"),
      "--batch",
      "1,2",
      "--output",
      "3,5",
      "--wide"
    )
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.isEmpty)
    let lines = outcome.output.split(separator: "\n").map {
      $0.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
    }
    #expect(lines.count == 11)
    #expect(lines[0].first == "model")
    #expect(lines[0].last == "speed-up")
    #expect(lines[1].prefix(7) == [Fixture.tinyModel, "1.394", "M", "bfloat16", "1", "12", "3"])
    #expect(lines[1].last == "1.000")
    #expect(lines[2].first == Fixture.path("models/qwen3"))
    #expect(lines[8].contains("5"))
    #expect(outcome.output.contains("medians of 3 runs [quartiles], 1 before them"))
  }

  @Test func aModelThatIsNamedTwiceIsNumbered() throws {
    let outcome = try bench(Fixture.tinyModel, "--output", "1", "--format", "csv", "--warmup", "0")
    let models = outcome.output.split(separator: "\n").dropFirst().map {
      String($0.prefix { $0 != "," })
    }
    #expect(models == [Fixture.tinyModel, "\(Fixture.tinyModel) (2)"])
  }

  @Test func csvHoldsNumbersInFull() throws {
    let outcome = try bench("--output", "1,4", "--format", "csv", "--warmup", "0")
    let rows = outcome.output.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(rows.count == 3)
    #expect(rows.allSatisfy { $0.count == rows[0].count })
    func value(_ name: String, _ row: Int) throws -> String {
      rows[row][try #require(rows[0].firstIndex(of: name))]
    }
    #expect(try value("model", 1) == Fixture.tinyModel)
    #expect(try value("output", 2) == "4")
    #expect(try value("runs", 2) == "3")
    #expect(try value("warm_ups", 2) == "0")
    // A single token has none after the first.
    #expect(try value("decode_per_token_seconds", 1).isEmpty)
    let parts = try ["lower_quartile", "seconds", "upper_quartile"].map {
      try #require(Double(try value("decode_per_token_\($0)", 2)))
    }
    #expect(parts[0] > 0)
    #expect(parts == parts.sorted())
  }

  @Test func jsonHoldsTheConditions() throws {
    let outcome = try bench(
      "--batch",
      "2",
      "--prompt",
      "5",
      "--output",
      "4",
      "--compute",
      "float32",
      "--seed",
      "7",
      "--threads",
      "1",
      "--format",
      "json"
    )
    let json = try JSON(parsing: outcome.output.utf8)
    #expect(json["device"] == "cpu")
    #expect(json["threads"] == 1)
    #expect(json["warm_ups"] == 1)
    #expect(json["seed"] == "7")
    let row = try #require(json["rows"]?.array?.first)
    #expect(row["compute"] == "float32")
    #expect([row["batch"]?.int, row["prompt"]?.int, row["output"]?.int] == [2, 5, 4])
    let latency = try #require(row["latency_seconds"]?["median"]?.double)
    let throughput = try #require(row["tokens_per_second"]?["median"]?.double)
    #expect(abs(throughput * latency / 8 - 1) < 1e-9)
    for key in ["prefill_seconds", "decode_seconds_per_token"] {
      #expect(try #require(row[key]?["median"]?.double) > 0)
    }
  }

  @Test(arguments: [
    ["--batch", "0"], ["--batch", "1,,2"], ["--output", "many"], ["--prompt", "99999999999"],
    ["--repeat", "0"], ["--warmup", "-1"], ["--compute", "int8"], ["--format", "xml"],
    ["--device", "tpu"],
  ])
  func settingsThatCannotBe(arguments: [String]) throws {
    let outcome = try Billhook.call(["bench", Fixture.tinyModel] + arguments)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains(arguments[0]))
  }

  @Test func aModelIsAskedFor() throws {
    #expect(try Billhook.run(["bench"]).status == 2)
  }

  @Test func modelsThatCannotBeMeasuredAreNamed() throws {
    let missing = try bench("Models/none", "--output", "2")
    #expect(missing.status == 3)
    #expect(missing.errors.contains("Models/none"))
    // The tiny model was made for 256 tokens.
    let long = try bench("--prompt", "200", "--output", "8,57")
    #expect(long.status == 3)
    #expect(long.output.isEmpty)
    #expect(long.errors.contains("\(Fixture.tinyModel): 200 tokens and 57 more are 257"))
  }

  @Test func anInterruptKeepsWhatWasMeasured() throws {
    var looks = 0
    let outcome = try Billhook.run(
      ["bench", Fixture.tinyModel, "--output", "2,240", "--repeat", "1000", "--warmup", "0"],
      sending: SIGINT
    ) {
      looks += 1
      return looks > 1500
    }
    #expect(outcome.status == 130)
    #expect(outcome.errors.contains("interrupted"))
  }
}
