import BillhookPlugins
import BillhookRecipe
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookFiles
@testable import BillhookPipeline
@testable import BillhookResolver
import Foundation
import Synchronization
import TestSupport
import Testing

/// A recipe on a copy of the tiny model, with a text beside it, run in this process.
struct StoreRun {
  let plan: Plan
  let folder: String

  /// The text that data may be read from; it is not written where one is there.
  static let text = String(repeating: "Once there was a hedge, and it grew. ", count: 12)

  init(_ statements: String, in folder: String, plugins: [any Plugin.Type] = []) throws {
    self.folder = folder
    if !FileSystem.exists("\(folder)/text.txt") {
      try FileSystem.write(Array(Self.text.utf8), to: "\(folder)/text.txt")
      try FileSystem.makeDirectory("\(folder)/model")
      for name in try FileSystem.names(in: Fixture.tinyModel) {
        try FileSystem.write(
          FileSystem.read("\(Fixture.tinyModel)/\(name)"),
          to: "\(folder)/model/\(name)"
        )
      }
    }
    let recipe = "model \"model\"\n" + statements
    let parsed = Recipe.parse(SourceText(name: "test.recipe", text: recipe))
    let registry = try Registry(BuiltinPlugins.all + plugins)
    let resolved = Resolver.resolve(parsed.recipe, registry: registry, folder: folder)
    plan = try #require(
      resolved.plan,
      "\((parsed.diagnostics + resolved.diagnostics).map(\.message))"
    )
  }

  /// What a run came to.
  struct Outcome {
    let report: Report
    /// What the user was told besides.
    let notes: [String]
    /// The stages that took work.
    let computed: [String]

    /// Everything that was measured.
    var values: [Double] { report.rows.flatMap(\.metrics).map(\.value) }
  }

  /// Runs it.
  ///
  /// - Parameters:
  ///   - work: The name of the work folder.
  ///   - build: What is taken for the build.
  ///   - hear: Hears of each event, and may change files.
  /// - Returns: What it came to.
  /// - Throws: What went wrong, in a branch or outside of all.
  func run(
    in work: String = "work",
    build: String = "test",
    hearing hear: @escaping @Sendable (ProgressEvent) -> Void = { _ in }
  ) throws -> Outcome {
    let heard = Mutex((notes: [String](), computed: [String]()))
    let work = try Self.workFolder("\(folder)/\(work)")
    let runs = try RunFolder(in: work.path, name: work.nameOfNextRun(of: "test", at: "now"))
    let context = RunContext(
      scratch: runs.scratch,
      progress: { event in
        heard.withLock { heard in
          switch event {
          case .note(let note): heard.notes.append(note)
          case .began(let stage): heard.computed.append(stage)
          default: break
          }
        }
        hear(event)
      }
    )
    let report = try Pipeline(plan, context, work, runs, build: build).run()
    if let failure = report.failures.first { throw failure }
    return heard.withLock { Outcome(report: report, notes: $0.notes, computed: $0.computed) }
  }

  /// Takes a work folder that nobody has.
  ///
  /// A process that another test starts has its lock too, from the moment that this process is copied
  /// until the program of the new one begins.
  private static func workFolder(_ path: String) throws -> WorkFolder {
    for _ in 0..<200 {
      let work = Result { try WorkFolder(path) }
      guard case .failure(let error) = work, "\(error)".contains("in use") else {
        return try work.get()
      }
      usleep(10_000)
    }
    return try WorkFolder(path)
  }

  /// The files of a folder of the work folder whose names end in something.
  func files(_ part: String, _ suffix: String = "") throws -> [String] {
    let place = "\(folder)/work/\(part)"
    guard FileSystem.isDirectory(place) else { return [] }
    return try FileSystem.names(in: place).filter { $0.hasSuffix(suffix) }.map { "\(place)/\($0)" }
  }
}
