import BillhookFiles

/// A variant of a family in which each layer has its own widths, with the code that transformers
/// needs for it.
enum CustomArchitecture {
  /// The prefix of the names of a family's classes.
  static let prefix = "Billhook"
  /// The file beside the weights.
  static let fileName = "\(moduleName).py"
  /// The file's name in Python.
  static let moduleName = "modeling_billhook"

  /// The class of the model.
  static func architecture(of family: Family) -> String { prefix + family.architecture }

  /// A `model_type` other than the family's, so that nothing loads the model as one of the family:
  /// transformers only warns of missing layers, and initialises them at random.
  static func modelType(of family: Family) -> String { modelTypePrefix + family.modelType }

  /// The prefix of a family's `model_type`.
  static let modelTypePrefix = "billhook_"

  /// The entry of `auto_map` for a class, which is `Config` or `ForCausalLM`.
  static func autoMap(_ kind: String, of family: Family) -> String {
    let name = kind == "Config" ? configurationClass(of: family) : family.architecture
    return "\(moduleName).\(prefix)\(name)"
  }

  private static func configurationClass(of family: Family) -> String {
    family.configurationClass
      ?? "\(family.architecture.dropLast("ForCausalLM".count))Config"
  }

  /// The Python code, which builds the family's model and gives each layer its own widths.
  static func source(of family: Family, _ names: TensorNames) -> String {
    let configuration = configurationClass(of: family)
    func list(_ modules: [String]) -> String {
      JSON.array(modules.map(JSON.string)).text(indent: nil)
    }
    return """
      \"\"\"A \(family.architecture) whose layers have widths of their own; written by Billhook.

      `layer_widths` in config.json has an entry for each layer: its numbers of query heads, of KV
      heads and of MLP channels, 0 where the layer has no attention or no MLP, and the modules with
      a bias.
      \"\"\"

      import copy

      import torch
      from transformers import \(configuration), \(family.architecture)


      class \(prefix)\(configuration)(\(configuration)):
          model_type = "\(modelType(of: family))"


      # The norms of a layer that belong to its attention, and to its MLP.
      ATTENTION_NORMS = \(list(names.norms(ofAttention: true)))
      MLP_NORMS = \(list(names.norms(ofAttention: false)))
      # The key of the width of an MLP in the configuration of the whole model.
      WIDTH = "\(family.widthKey)"


      class NoAttention(torch.nn.Module):
          \"\"\"Adds nothing, but fills its cache layer, because caches tell the length of a
          text by what their layers hold.\"\"\"

          def __init__(self, layer_idx):
              super().__init__()
              self.layer_idx = layer_idx

          def forward(self, hidden_states, past_key_values=None, cache=None, **kwargs):
              # transformers calls it `cache` from 5.24 on.
              cache = past_key_values if cache is None else cache
              if cache is not None:
                  batch, tokens, _ = hidden_states.shape
                  seen = hidden_states.new_zeros(batch, 1, tokens, 1)
                  cache.update(seen, seen, self.layer_idx)
              return torch.zeros_like(hidden_states), None


      class NoMLP(torch.nn.Module):
          \"\"\"Adds nothing.\"\"\"

          def forward(self, hidden_states):
              return torch.zeros_like(hidden_states)


      def with_bias(layer, name):
          parent, _, child = name.rpartition(".")
          module = layer.get_submodule(name)
          if module.bias is None:
              new = torch.nn.Linear(
                  module.in_features, module.out_features, bias=True,
                  device=module.weight.device, dtype=module.weight.dtype,
              )
              setattr(layer.get_submodule(parent), child, new)


      def narrowed(config, layer_class, index, widths):
          own = copy.copy(config)
          for key in ("num_attention_heads", "num_key_value_heads"):
              if widths[key]:
                  setattr(own, key, widths[key])
          if widths["intermediate_size"]:
              setattr(own, WIDTH, widths["intermediate_size"])
          layer = layer_class(own, index)
          gone = []
          if not widths["num_attention_heads"]:
              layer.self_attn = NoAttention(index)
              gone += ATTENTION_NORMS
          if not widths["intermediate_size"]:
              layer.\(names.mlpModule) = NoMLP()
              gone += MLP_NORMS
          for name in gone:
              setattr(layer, name, torch.nn.Identity())
          for name in widths["biases"]:
              with_bias(layer, name)
          return layer


      class \(prefix)\(family.architecture)(\(family.architecture)):
          config_class = \(prefix)\(configuration)

          def __init__(self, config):
              super().__init__(config)
              layers = self.model.layers
              for index, widths in enumerate(config.layer_widths):
                  layers[index] = narrowed(config, type(layers[index]), index, widths)
              self.post_init()

      """
  }
}
