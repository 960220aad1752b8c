@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookPlugins
import Foundation
import TestSupport
import Testing

/// Random score files: an error that names the file, or a score for every unit.
@Suite struct ScoreFuzzTests {
  private static let seeds = [
    "unit,score\n0,1.5\n1,2e3\n2,inf\n",
    "block_name,block_score\r\nmodel.layers.1,20.5\r\nmodel.layers.0,10\r\nlm_head,9\r\nb 2,1\r\n",
    "removed_block,ppl_bookcorpus,params\n0.0,8.25,6536032256.0\n1.0,9.5,1\n2.0,nan,1\n",
  ].map { Array($0.utf8) }

  private static let pieces = [
    ",", "\n", "\r\n", "\r", "\u{2028}", "nan", "-inf", "1e999", "-1", "9223372036854775808",
    "0x1p3", ".", " ", "0.5", "\u{0}", "é", "e\u{301}", "unit", "score", "\n\n", "2,2\n", "\t",
  ]

  @Test func scores() throws {
    let units = (0..<3).map {
      PrunableUnit(kind: "block", granularity: .block, number: $0, block: $0)
    }
    let result = try Fixture.withFolder { folder in
      try Fuzzing.run("scores", inputs: 1500) { random in
        var bytes = Self.seeds.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 0...4, using: &random) {
          Mutation.bytes(&bytes, pieces: Self.pieces, &random)
        }
        let path = "\(folder)/scores.csv"
        try Data(bytes).write(to: URL(filePath: path))
        var criterion = ScoresFromFile()
        criterion.file = InputFile(path)
        if random.isOne(of: 8) { criterion.unit = "params" }
        do {
          let scores = try criterion.scores(of: units, Statistics())
          try Fault.unless(scores.count == units.count, "\(scores)")
          return .accepted
        } catch let error as DataError {
          try Fault.unless(error.description.contains("scores.csv"), "\(error)")
          return .refused
        }
      }
    }
    #expect(result.faults == [])
    #expect(result.isMixed)
  }
}
