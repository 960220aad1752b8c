import BillhookCore
import BillhookPipeline
import BillhookRecipe
import BillhookResolver

/// A recipe, read from its file and made into a plan, with everything that is said about it.
struct RecipeFile {
  /// The plan; nil when the recipe has errors.
  let plan: Plan?
  /// Its model as it was opened; nil when the recipe has errors.
  private(set) var opened: OpenedModel?
  /// What is wrong, in the order of the text.
  let diagnostics: [Diagnostic]
  /// The text.
  let source: SourceText
  /// The values of its `let` statements that the command line replaced: `cut=9`.
  let replaced: [String]

  /// Reads, parses, resolves and checks a recipe.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - registry: The plugins that it may name.
  ///   - machine: Where it would run.
  ///   - memory: The memory to keep to.
  ///   - processes: How many processes share this machine's.
  ///   - work: The work folder that is asked for; nil for the one beside the recipe.
  ///   - lets: Values that replace those of its `let` statements.
  /// - Throws: When the file cannot be read, or is not text; `ValidationError` when it has no `let`
  ///   that is to be replaced.
  init(
    _ path: String,
    registry: Registry,
    for machine: MachineOptions,
    within memory: MemoryOptions,
    eachOf processes: Int = 1,
    work: String?,
    replacing lets: LetOptions
  ) throws {
    let bytes: [UInt8]
    if FileSystem.isDirectory(path) { throw Self.isDirectory(path) }
    do throws(FileError) {
      bytes = try FileSystem.read(path)
    } catch {
      throw error.suggesting(for: path)
    }
    try self.init(
      SourceText(name: path, bytes: bytes),
      in: FileSystem.parent(of: path),
      registry: registry,
      for: machine,
      within: memory,
      eachOf: processes,
      work: work,
      replacing: lets
    )
  }

  /// What is said of a directory, with the recipes in it.
  private static func isDirectory(_ path: String) -> FileError {
    let names = (try? FileSystem.names(in: path))?.filter { $0.hasSuffix(".recipe") } ?? []
    let found = names.isEmpty ? "" : "; in it are \(shownNames(names))"
    return FileError(path, "is a directory, and a recipe is a file\(found)")
  }

  /// Parses, resolves and checks a text whose paths start from a folder.
  init(
    _ source: SourceText,
    in folder: String,
    registry: Registry,
    for machine: MachineOptions,
    within memory: MemoryOptions,
    eachOf processes: Int = 1,
    work: String?,
    replacing lets: LetOptions? = nil
  ) throws {
    self.source = source
    replaced = lets?.replacements.map { "\($0.name)=\($0.text)" } ?? []
    let parsed = Recipe.parse(source)
    guard !parsed.hasErrors else {
      (plan, diagnostics) = (nil, parsed.diagnostics)
      return
    }
    let resolved = Resolver.resolve(
      parsed.recipe,
      registry: registry,
      folder: folder,
      replacing: try lets?.values(for: parsed.recipe) ?? [:]
    )
    var checked: [Diagnostic] = []
    if let plan = resolved.plan {
      do {
        let opened = try OpenedModel(plan.model)
        self.opened = opened
        checked = PlanCheck.diagnostics(
          of: plan,
          opened,
          memory: memory.available(on: machine.device, eachOf: processes),
          isLimit: memory.limit != nil,
          on: machine.device,
          work: RecipeRun.workFolder(of: plan, work)
        )
      } catch {
        checked = [PlanCheck.diagnostic(of: error, plan)]
      }
    }
    diagnostics = (parsed.diagnostics + resolved.diagnostics + checked).sorted {
      $0.span.start < $1.span.start
    }
    plan = diagnostics.contains { $0.severity == .error } ? nil : resolved.plan
  }
}
