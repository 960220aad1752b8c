import BillhookConformance
import BillhookModels
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookFiles
@testable import BillhookPlugins
import Foundation
import TestSupport
import Testing

/// Every built-in plugin keeps the promises of its kind.
@Suite struct BuiltinPluginTests {
  static let names = BuiltinPlugins.all.map { "\($0.kind.noun) \($0.name)" }

  @Test(arguments: names)
  func keepsItsPromises(name: String) throws {
    let type = try #require(
      BuiltinPlugins.all.first { "\($0.kind.noun) \($0.name)" == name }
    )
    try Fixture.withFolder { folder in
      let violations = try Conformance.violations(of: Self.sample(of: type, in: folder))
      #expect(violations == [])
    }
  }

  /// A plugin with another word for one of its parameters.
  struct Choice: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The promises that the plugin breaks with it.
    let violations: @Sendable () throws -> [Violation]
  }

  /// Plugins with each word that one of their parameters can be.
  static let choices = BuiltinPlugins.all
    .filter {
      [.unit, .criterion, .evidence, .allocation, .search, .refiner, .quantiser].contains($0.kind)
    }
    .flatMap { choices(of: $0) }

  private static func choices<P: Plugin>(of type: P.Type) -> [Choice] {
    P.parameters.flatMap { parameter in
      parameter.choices.filter { $0 != parameter.value(of: P()) }.compactMap { word in
        var plugin = P()
        // Lists of words are no choice between them.
        guard parameter.assign(.word(word), to: &plugin) else { return nil }
        return Choice(testDescription: plugin.signature) {
          try Fixture.withFolder { folder in
            var plugin = try #require(try sample(of: type, in: folder) as? P)
            _ = parameter.assign(.word(word), to: &plugin)
            // Other models, and runs that are stopped, are tried with the defaults.
            let model = plugin is any Quantiser ? TinyModel.wide : .llama
            return try Conformance.violations(of: plugin, on: [model], except: [.resumes])
          }
        }
      }
    }
  }

  @Test(arguments: choices) func keepsThemWhateverIsChosen(choice: Choice) throws {
    #expect(try choice.violations() == [])
  }

  @Test func manyChoicesAreTried() { #expect(Self.choices.count > 12) }

  /// Weights that are measured after those before them were masked, also in runs that are stopped.
  @Test(arguments: [SequentialOrder.block, .module, .stage])
  func weightsGoPartByPart(order: SequentialOrder) throws {
    var unit = Weight()
    (unit.order, unit.group) = (order, .row)
    #expect(try Conformance.violations(of: unit, on: [.llama]) == [])
  }

  /// Slabs that are narrower than the projections, so that a mask is chosen in several parts.
  @Test func masksAreChosenSlabBySlab() throws {
    var sparseGPT = SparseGPT()
    sparseGPT.width = 8
    var removal = MultipleRemoval()
    removal.width = .columns(8)
    for repair in [sparseGPT, removal] as [any Repair] {
      #expect(try Conformance.violations(of: repair, on: [.llama], except: [.resumes]) == [])
    }
  }

  @Test func whatLoRADoesNotUpdateIsFrozen() throws {
    var lora = LoRA()
    lora.targets = [.query, .down]
    lora.training = Self.fewSteps(lora.training)
    let violations = try Conformance.violations(of: lora) { ![.query, .down].contains($0.role) }
    #expect(violations == [])
  }

  @Test func blocksThatAreNotTrainedAreFrozen() throws {
    var cpt = ContinuedPretraining()
    cpt.trained = TrainedParts([.block(2)])
    cpt.training = Self.fewSteps(cpt.training)
    let violations = try Conformance.violations(of: cpt) { $0.block != 2 }
    #expect(violations == [])
  }

  @Test func partsThatAreNotTrainedAreFrozen() throws {
    var distill = KnowledgeDistillation()
    distill.trained = TrainedParts([.kind(.norms), .kind(.down)])
    distill.training = Self.fewSteps(distill.training)
    let violations = try Conformance.violations(of: distill) { id in
      id.role != .down && id.role.kind != .norm
    }
    #expect(violations == [])
  }

  @Test(arguments: KnowledgeDistillation.Loss.allCases, [.likeliest(4), .all] as [KeptTokens])
  func aKeptTeacherKeepsThePromises(
    loss: KnowledgeDistillation.Loss,
    kept: KeptTokens
  ) throws {
    var distill = KnowledgeDistillation()
    (distill.loss, distill.kept, distill.temperature) = (loss, kept, 1.5)
    distill.training = Self.fewSteps(distill.training)
    let resumes: Set<Promise> = loss == .forward ? [] : [.resumes]
    #expect(try Conformance.violations(of: distill, except: resumes) == [])
  }

  /// A plugin as it can be tried: with files, and with few steps.
  private static func sample(of type: any Plugin.Type, in folder: String) throws -> any Plugin {
    func file(_ name: String, _ text: String) throws -> InputFile {
      try FileSystem.write(Array(text.utf8), to: "\(folder)/\(name)")
      return InputFile("\(folder)/\(name)")
    }
    var plugin = type.init()
    if var scores = plugin as? ScoresFromFile {
      let rows = (0..<200).map { "\($0),\(($0 * 37) % 101)\n" }.joined()
      scores.file = try file("scores.csv", "unit,score\n" + rows)
      plugin = scores
    } else if var samples = plugin as? Samples {
      (samples.prompts, samples.length) = (["once", "upon a time"], 8)
      plugin = samples
    } else if var allocation = plugin as? PerBlock {
      allocation.weights = .list((0..<TinyModel.blockCount).map { Double($0) + 0.5 })
      plugin = allocation
    } else if var evolution = plugin as? Evolution {
      (evolution.generations, evolution.population, evolution.parents) = (3, 6, 2)
      (evolution.mutations, evolution.crossovers) = (3, 1)
      plugin = evolution
    } else if var gradient = plugin as? PolicyGradient {
      (gradient.steps, gradient.batch, gradient.learningRate) = (6, 3, 0.1)
      plugin = gradient
    } else if var text = plugin as? TextFile {
      text.file = try file("text.txt", "One.\n\nTwo.\n")
      text.separator = "\n\n"
      plugin = text
    } else if var lines = plugin as? JSONLines {
      lines.file = try file("lines.jsonl", "{\"text\": \"One.\"}\n{\"text\": \"Two.\"}\n")
      plugin = lines
    } else if var asked = plugin as? Instructions {
      asked.file = try file("asked.json", #"[{"instruction": "Say one.", "output": "One."}]"#)
      plugin = asked
    } else if var chat = plugin as? Conversations {
      let row =
        #"{"messages": [{"role": "user", "content": "One?"}, {"role": "assistant", "content": "Two."}]}"#
      chat.file = try file("chat.jsonl", row)
      plugin = chat
    } else if var blend = plugin as? Blend {
      (blend.parts, blend.tokens) = ([DataName("one"), DataName("two")], TokenCount(300))
      blend.shares = [Percentage(70), Percentage(30)]
      plugin = blend
    } else if var task = plugin as? TaskData {
      let row = #"{"goal": "Stay dry.", "sol1": "A roof.", "sol2": "Rain.", "label": 0}"#
      task.file = try file("task.jsonl", row)
      task.task = TaskName(.word("piqa"))
      plugin = task
    } else if var exact = plugin as? ExactMatch {
      (exact.tokens, exact.batch) = (8, 2)
      plugin = exact
    } else if var tokens = plugin as? TokenIDs {
      tokens.file = try file("tokens.txt", "1 2 3\n4 5 | 6\n")
      plugin = tokens
    } else if var speed = plugin as? Speed {
      (speed.output, speed.warmup, speed.repeats) = (8, 0, 2)
      plugin = speed
    } else if var lora = plugin as? LoRA {
      lora.training = fewSteps(lora.training)
      plugin = lora
    } else if var cpt = plugin as? ContinuedPretraining {
      cpt.training = fewSteps(cpt.training)
      plugin = cpt
    } else if var distill = plugin as? KnowledgeDistillation {
      distill.training = fewSteps(distill.training)
      distill.hidden = 0.1
      plugin = distill
    }
    return plugin
  }

  private static func fewSteps(_ settings: TrainingSettings) -> TrainingSettings {
    var settings = settings
    settings.steps = 6
    settings.batch = 4
    settings.learningRate = 3e-3
    return settings
  }
}
