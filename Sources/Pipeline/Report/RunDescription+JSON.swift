import BillhookCore

extension RunDescription {
  /// The description as reports keep it.
  var json: JSON {
    [
      "ending": .string(ending.rawValue), "began": began.map(JSON.string) ?? .null,
      "seconds": seconds.map(JSON.finite) ?? .null,
      "recipe": [
        "name": .string(recipe), "text": .string(text), "sha256": .string(SHA256.hex(text)),
        "replaced": .array(replaced.map(JSON.string)),
      ],
      "model": [
        "name": .string(model.name), "architecture": .string(model.architecture),
        "compute": .string(model.compute), "parameters": .number(JSONNumber(model.parameters)),
        "bytes": .number(JSONNumber(model.bytes)),
        "opened_blocks": .number(JSONNumber(model.shape.openedBlocks)),
        "blocks": model.shape.json,
      ],
      "data": .array(
        data.map {
          [
            "name": .string($0.name), "source": .string($0.source),
            "windows": .string($0.windows),
          ]
        }
      ),
      "machine": [
        "name": .string(machine.name), "device": .string(machine.device),
        "threads": .number(JSONNumber(machine.threads)),
        "memory": .number(JSONNumber(machine.memory)), "libtorch": .string(machine.libtorch),
        "processes": .number(JSONNumber(machine.processes)),
      ],
    ]
  }

  /// Reads the form that `json` writes; nil for anything else.
  init?(_ json: JSON) {
    guard let ending = json["ending"]?.string.flatMap(Ending.init),
      let recipe = json["recipe"]?["name"]?.string, let text = json["recipe"]?["text"]?.string,
      let model = json["model"].flatMap(Model.init),
      let machine = json["machine"].flatMap(Host.init), let data = json["data"]?.array
    else { return nil }
    self.ending = ending
    began = json["began"]?.string
    seconds = json["seconds"]?.double
    self.recipe = recipe
    self.text = text
    replaced = (json["recipe"]?["replaced"]?.array ?? []).compactMap(\.string)
    self.model = model
    self.machine = machine
    self.data = data.compactMap(Data.init)
  }
}

extension RunDescription.Model {
  fileprivate init?(_ json: JSON) {
    guard let name = json["name"]?.string, let architecture = json["architecture"]?.string,
      let compute = json["compute"]?.string, let parameters = json["parameters"]?.int,
      let bytes = json["bytes"]?.int, let shape = ModelShapeSummary(of: json)
    else { return nil }
    self.init(
      name: name,
      architecture: architecture,
      compute: compute,
      parameters: parameters,
      bytes: bytes,
      shape: shape
    )
  }
}

extension RunDescription.Data {
  fileprivate init?(_ json: JSON) {
    guard let name = json["name"]?.string, let source = json["source"]?.string,
      let windows = json["windows"]?.string
    else { return nil }
    self.init(name: name, source: source, windows: windows)
  }
}

extension RunDescription.Host {
  fileprivate init?(_ json: JSON) {
    guard let name = json["name"]?.string, let device = json["device"]?.string,
      let threads = json["threads"]?.int, let memory = json["memory"]?.int,
      let libtorch = json["libtorch"]?.string
    else { return nil }
    self.init(
      name: name,
      device: device,
      threads: threads,
      memory: memory,
      libtorch: libtorch,
      // Older reports are of one.
      processes: json["processes"]?.int ?? 1
    )
  }
}
