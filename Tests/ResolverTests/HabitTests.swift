import BillhookPlugins
import BillhookRecipe
@testable import BillhookCore
@testable import BillhookResolver
import TestSupport
import Testing

/// What people type from habit leads to what it is called here.
@Suite struct HabitTests {
  static let cut = "prune block { by magnitude, remove 3 }"

  private func found(_ text: String) throws -> Diagnostic? {
    let head = "model \"m\"\ndata d = text \"words.txt\" { length = 8 }\nevaluate perplexity on d\n"
    return try Resolution(head + text).diagnostics.first
  }

  static let suggestions = [
    ("finetune lora on d", "recover"), ("eval perplexity on d", "evaluate"),
    ("export \"out\"", "save"), ("dataset d", "data"), ("for x in [1, 2] { \(cut) }", "each"),
    ("prune layer { by magnitude, remove 3 }", "block"),
    ("prune layers { by magnitude, remove 3 }", "block"),
    ("prune head { by magnitude, remove 25% }", "attention_head"),
    ("prune heads { by magnitude, remove 25% }", "attention_head"),
    ("prune neurons { by magnitude, remove 25% }", "mlp_channel"),
    ("prune ffn { by magnitude, remove 2 }", "mlp"),
    ("prune self_attn { by magnitude, remove 2 }", "attention"),
    ("prune block on d { by shortgpt, remove 3 }", "block_influence"),
    ("prune block on d { by ShortGPT, remove 3 }", "block_influence"),
    ("prune block on d { by shortgpt+, remove 3 }", "block_influence+"),
    ("prune weights { by magnitude, remove 25% }", "weight"),
    ("prune weight on d { by sparsegpt, remove 25% }", "obs"),
    ("prune weight { by magnitude, remove 50%, allocate alphapruning }", "alpha_pruning"),
    ("prune weight on d { by wanda, remove 50%, allocate outliers }", "owl"),
    ("prune weight on d { by wanda, remove 50%, allocate owl { Hyper_m = 3 } }", "levels"),
    ("prune block on d { by perplexity, remove 3 }", "ppl"),
    ("prune block on d { by gradient, remove 3 }", "taylor"),
    ("prune block { by l2, remove 3 }", "magnitude"),
    ("recover sft on d", "lora"), ("recover qlora on d", "lora"),
    ("recover full on d", "cpt"), ("recover kd on d", "distill"),
    ("recover lora on d { lr = 1e-4 }", "learning_rate"),
    ("recover lora on d { batch_size = 8 }", "batch"),
    ("recover lora on d { num_epochs = 2 }", "epochs"),
    ("recover lora on d { num_train_epochs = 2 }", "epochs"),
    ("recover lora on d { max_steps = 2 }", "steps"),
    ("recover lora on d { target_modules = [query] }", "targets"),
    ("recover lora on d { lora_r = 8 }", "rank"), ("recover lora on d { r = 8 }", "rank"),
    ("recover lora on d { lora_alpha = 8 }", "alpha"),
    ("recover lora on d { warmup_steps = 8 }", "warmup"),
    ("recover lora on d { max_grad_norm = 1 }", "clip"),
    ("recover lora on d { gradient_checkpointing = true }", "activations"),
    ("recover lora on d { targets = [q_proj, v_proj] }", "[query, value]"),
    ("recover lora on d { targets = [\"q_proj\", \"down_proj\"] }", "[query, down]"),
    ("recover lora on d { targets = q_proj }", "[query]"),
    ("recover lora on d { rslora = True }", "true"),
    ("recover lora on d { rslora = False }", "false"),
    ("recover lora on d { rslora = yes }", "true"),
    ("save \"out\" { dtype = bf16 }", "bfloat16"), ("save \"out\" { dtype = fp16 }", "float16"),
    ("save \"out\" { dtype = \"float16\" }", "float16"),
    ("save \"out\" { max_shard_size = 5GB }", "shard"), ("save hf \"out\"", "huggingface"),
    ("evaluate ppl on d", "perplexity"), ("save \"out\" { compute = bfloat16 }", "dtype"),
    ("save \"out\" { force = true }", "overwrite"), ("evaluate latency", "speed"),
    ("data e = text \"words.txt\" { seq_len = 8 }", "length"),
    ("data e = text \"words.txt\" { max_seq_length = 8 }", "length"),
    ("data e = text \"words.txt\" { nsamples = 8 }", "samples"),
    ("data e = json \"words.txt\"", "jsonl"), ("data e = alpaca \"words.txt\"", "instructions"),
    ("prune mlp_channel { by magnitude, remove 25%, allocate layerwise }", "per_block"),
    ("prune mlp_channel { by magnitude, remove 25%, spread global }", "allocate"),
    ("prune block { method magnitude, remove 3 }", "by"),
    ("prune block { by magnitude, remove 3, exclude [0] }", "keep"),
  ]

  @Test(arguments: suggestions)
  func leadsTo(text: String, meant: String?) throws {
    let diagnostic = try #require(try found(text))
    #expect(diagnostic.fix?.replacement == meant, "\(diagnostic)")
  }

  static let notes = [
    ("prune block { by magnitude, remove 3, sparsity = 50% }", "`remove 20%`"),
    ("prune block { by magnitude, ratio = 0.5 }", "`remove 20%`"),
    ("recover lora on d { gradient_accumulation_steps = 4 }", "`micro_batch`"),
    ("recover lora on d { optimizer = adam }", "AdamW"),
    ("recover lora on d { load_in_4bit = true }", "quantised"),
    ("recover lora on d { dropout = None }", "is left out"),
    ("recover lora on d { dropout = null }", "is left out"),
    ("recover lora on d { device = cuda }", "`--device`"),
    ("recover sft on d", "`instructions`"),
    ("recover lora on d { lr 1e-4 }", "`learning_rate = …`"),
    ("recover lora on d { flash = true }", "dot product"),
    ("prune block { by random, remove 3 }", "`scores \"FILE.csv\"`"),
    ("prune block { by sleb, remove 3 }", "rescore every 1"), ("if x { \(cut) }", "`each`"),
    ("save llama_cpp \"out\"", "`save gguf`"), ("save \"~/out\"", "the whole path"),
    ("recover lora on d { adapter = \"~/out\" }", ""),
    ("data e = parquet \"words.txt\"", "JSON Lines"),
    ("prune weight on d { by apt, remove 25% }", "`repair mrp`"),
    ("prune block { remove 3 }", "`remove [4..6]`"),
    ("prune block { by magnitude, remove 3, keep first 2, last 1 }", "`keep first 1 last 2`"),
  ]

  @Test(arguments: notes)
  func says(text: String, note: String) throws {
    let notes = try #require(try found(text)).notes.map(\.message).joined(separator: "\n")
    #expect(note.isEmpty || notes.contains(note), "\(notes)")
  }

  /// Whatever the table leads to is there, and is not led away from.
  @Test func theTableKnowsWhatItNames() throws {
    let registry = try Registry(BuiltinPlugins.all)
    var known = Set(Keyword.statements + Keyword.clauses + ["true", "false"])
    for kind in PluginKind.allCases {
      known.formUnion(registry.names(of: kind))
      known.formUnion(kind.sharedSettings.map(\.name))
      for name in registry.names(of: kind) {
        guard let plugin = registry.plugin(kind, named: name) else { continue }
        known.formUnion(PluginDescription(plugin).settings.map(\.name))
        known.formUnion(Self.choices(of: plugin))
      }
    }
    known.formUnion(ModelSettings.parameters.map(\.name))
    known.formUnion(QuantisingSettings.parameters.map(\.name))
    for habit in Habit.all {
      #expect(Set(habit.meant).subtracting(known).isEmpty, "\(habit.typed)")
      #expect(!habit.meant.isEmpty || habit.note != nil, "\(habit.typed)")
      #expect(habit.typed.allSatisfy { $0 == $0.lowercased() && !$0.contains("-") })
      #expect(Set(habit.typed).isDisjoint(with: habit.meant), "\(habit.typed)")
    }
    let typed = Habit.all.flatMap(\.typed)
    #expect(typed.count > 200)
    var seen: Set<String> = []
    #expect(typed.filter { !seen.insert($0).inserted } == [])
  }

  private static func choices<P: Plugin>(of type: P.Type) -> [String] {
    P.parameters.flatMap(\.choices)
  }
}
