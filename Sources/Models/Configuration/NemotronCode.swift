/// The code that lies beside a Nemotron-NAS: the class of its configuration, which vLLM needs, and that
/// of its model for transformers.
enum NemotronCode {
  /// The entries of `auto_map`.
  static let autoMap = [
    (key: "AutoConfig", value: "\(CustomArchitecture.moduleName).DeciLMConfig"),
    (key: "AutoModelForCausalLM", value: "\(CustomArchitecture.moduleName).DeciLMForCausalLM"),
  ]

  /// The Python code: that of a Llama whose layers have widths of their own, and where these are found.
  static let source =
    CustomArchitecture.source(of: .llama, .llama) + """


      class Attributes(dict):
          \"\"\"A part of a configuration, whose keys are attributes as well.\"\"\"

          def __getattr__(self, name):
              try:
                  return self[name]
              except KeyError:
                  raise AttributeError(name) from None


      def width(ffn, hidden_size):
          if ffn["no_op"]:
              return 0
          if ffn.get("ffn_mult") is None:
              return ffn["intermediate_size"]
          return -(-int(2 * ffn["ffn_mult"] * hidden_size / 3) // 256) * 256


      def widths(config):
          \"\"\"The widths of layers as the code above reads them.\"\"\"
          heads = config.num_attention_heads
          modules = []
          if config.attention_bias:
              modules += [f"self_attn.{name}_proj" for name in "qkvo"]
          if config.mlp_bias:
              modules += [f"mlp.{name}_proj" for name in ("gate", "up", "down")]
          return [
              {
                  "num_attention_heads": 0 if block["attention"]["no_op"] else heads,
                  "num_key_value_heads": 0 if block["attention"]["no_op"]
                  else heads // block["attention"]["n_heads_in_group"],
                  "intermediate_size": width(block["ffn"], config.hidden_size),
                  "biases": [
                      name for name in modules
                      if not block["ffn" if name.startswith("mlp") else "attention"]["no_op"]
                  ],
              }
              for block in config.block_configs
          ]


      class DeciLMConfig(BillhookLlamaConfig):
          model_type = "nemotron-nas"

          def __init__(self, block_configs=(), **kwargs):
              super().__init__(**kwargs)
              self.block_configs = [
                  Attributes({name: Attributes(part) for name, part in block.items()})
                  for block in block_configs
              ]


      class DeciLMForCausalLM(BillhookLlamaForCausalLM):
          config_class = DeciLMConfig

          def __init__(self, config):
              config.layer_widths = widths(config)
              super().__init__(config)
              del config.layer_widths

      """
}
