import BillhookCore
import BillhookFiles
import BillhookModels
import BillhookTokenizer
import BillhookTorch
@testable import BillhookEngine
@testable import BillhookPlugins
import Foundation
import Testing
import TestSupport

/// The model that the repository carries is a real one: it has learnt its stories, and misses some
/// of its blocks.
@Suite struct TinyModelTests {
  let model: LanguageModel
  let tokenizer: Tokenizer

  init() throws {
    model = try LanguageModel(opening: Fixture.tinyModel)
    tokenizer = try Tokenizer(contentsOf: model.directory.tokenizerPath)
  }

  private func tokens(_ file: String) throws -> [Int] {
    let text = try Fixture.text("\(Fixture.repository)/Examples/Data/\(file)")
    return tokenizer.encode(text, addingSpecialTokens: false)
  }

  private func heldout(samples: Int? = nil) throws -> TokenSet {
    var settings = WindowSettings()
    settings.length = 128
    settings.bos = .nowhere
    settings.samples = samples
    let ids = try tokens("heldout.txt")
    let beginning = TextBeginning(nil, isAdded: false)
    return try Windowing(settings, beginning: beginning) { _ in ids }.windows(of: [.text("")])
  }

  @Test func itIsSmallAndHasGroupedQueries() throws {
    #expect(model.blocks.count >= 12)
    #expect(try model.byteCount() < 4_000_000)
    let attention = try #require(model.blocks[0].attention)
    #expect(attention.queryHeads > attention.keyValueHeads)
    let texts = try ["train.txt", "heldout.txt"].map {
      try FileSystem.read("\(Fixture.repository)/Examples/Data/\($0)").count
    }
    #expect(texts.reduce(0, +) < 1_000_000)
  }

  @Test func itPredictsFarBetterThanWordFrequencies() throws {
    let vocabulary = model.configuration.vocabularySize
    var counts = [Double](repeating: 1, count: vocabulary)
    for id in try tokens("train.txt") { counts[id] += 1 }
    let total = counts.reduce(0, +)
    let heldout = try heldout()
    var unigram = TokenLoss()
    for window in heldout.windows {
      for id in window.tokens.dropFirst() {
        unigram = unigram + TokenLoss(sum: -log(counts[id] / total), count: 1)
      }
    }
    let loss = try Traversal(model, .testing()).loss(on: heldout)
    #expect(loss.count == unigram.count)
    #expect(loss.perplexity <= unigram.perplexity / 5)
  }

  @Test func someBlocksMatterMoreThanOthers() throws {
    let ppl = RemovalPerplexity()
    let scoring = Scoring(model, [Block()], .testing())
    let scores = try scoring.scored(by: ppl, on: heldout(samples: 20))
    let perplexities = scores.units.indices.map(scores.shown)
    let (least, most) = (perplexities.min() ?? 0, perplexities.max() ?? 0)
    #expect(most >= 2 * least)
  }

  @Test func itTellsStoriesOfItsGrammar() throws {
    let grammar = try StoryGrammar()
    let known = try Fixture.text("\(Fixture.repository)/Examples/Data/heldout.txt")
    for line in known.split(separator: "\n") {
      #expect(grammar.parses(String(line.dropFirst("<s>".count).dropLast("</s>".count))))
    }
    #expect(!grammar.parses("Once upon a time."))

    let stories = try sample(100, seed: 1)
    let valid = stories.count(where: grammar.parses)
    #expect(valid >= 90)
  }

  /// Samples stories from their beginning to their end, at temperature 1.
  private func sample(_ count: Int, seed: UInt64) throws -> [String] {
    let (begin, end) = (
      try #require(tokenizer.id(of: "<s>")), try #require(tokenizer.id(of: "</s>"))
    )
    let generator = try Generator(seed: seed)
    var stories = [[Int]](repeating: [begin], count: count)
    var open = Set(stories.indices)
    let weights = try DecodingWeights(model, .testing())
    let decoding = Decoding(weights, texts: stories, capacity: 250)
    for _ in 1..<250 where !open.isEmpty {
      let next = try generator.draw(1, weights: decoding.nextLogits().softmax(1)).integers()
      decoding.append(next)
      for story in open {
        stories[story].append(next[story])
        if next[story] == end { open.remove(story) }
      }
    }
    return stories.map { tokenizer.decode($0, skippingSpecialTokens: true) }
  }
}
