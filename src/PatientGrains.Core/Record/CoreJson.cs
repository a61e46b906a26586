using System.Text.Json;
using System.Text.Json.Serialization;
using PatientGrains.Core.Screening;

namespace PatientGrains.Core.Record;

/// <summary>The JSON shapes of Core's vocabulary, generated at build so that a cold start pays no reflection.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.General,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Event))]
[JsonSerializable(typeof(Command))]
[JsonSerializable(typeof(Outcome))]
[JsonSerializable(typeof(Transaction))]
[JsonSerializable(typeof(Preparation))]
[JsonSerializable(typeof(ResourceKey))]
[JsonSerializable(typeof(FeedPage))]
[JsonSerializable(typeof(AlertHint))]
[JsonSerializable(typeof(SnapshotHead))]
[JsonSerializable(typeof(Finding))]
internal sealed partial class CoreJson : JsonSerializerContext;
