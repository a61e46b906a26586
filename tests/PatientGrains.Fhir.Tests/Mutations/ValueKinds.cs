using System.Text;
using System.Text.Json.Nodes;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Tests.Mutations;

/// <summary>Formats of primitives, and references.</summary>
internal static partial class MutationKinds
{
    private static Mutation[] Primitives =>
    [
        Mutation.Value("a code outside of its value set", "binding", x => x.Property.Kind == ValueKind.Code
            && x.Property.Binding is { } set && !set.HasCode("nothing"u8), _ => "nothing"),
        Mutation.Value("a code in capitals", "binding", x => x.Property.Kind == ValueKind.Code && x.Property.Binding is { } set
            && !set.HasCode(Upper(x)), x => Encoding.UTF8.GetString(Upper(x))),
        Mutation.Value("a day that does not exist", "date-format", x => x.Property.Kind == ValueKind.Date, _ => "2019-02-29"),
        Mutation.Value("a date with time", "date-format", x => x.Property.Kind == ValueKind.Date, _ => "2019-02-20T10:00:00Z"),
        Mutation.Value("a month 13", "datetime-format", x => x.Property.Kind == ValueKind.DateTime, _ => "2019-13"),
        Mutation.Value("a time without zone", "datetime-format", x => x.Property.Kind == ValueKind.DateTime, _ => "2019-02-20T10:00:00"),
        Mutation.Value("a time without seconds", "datetime-format", x => x.Property.Kind == ValueKind.DateTime, _ => "2019-02-20T10:00Z"),
        Mutation.Value("an hour 24", "datetime-format", x => x.Property.Kind == ValueKind.DateTime, _ => "2019-02-20T24:00:00Z"),
        Mutation.Value("an instant that is a day", "instant-format", x => x.Property.Kind == ValueKind.Instant, _ => "2019-02-20"),
        Mutation.Value("a time with zone", "time-format", x => x.Property.Kind == ValueKind.Time, _ => "10:00:00Z"),
        Mutation.Value("an underscore in an id", "id-format", x => x.Property.Kind == ValueKind.Id, _ => "a_b"),
        Mutation.Value("an id of 65 characters", "id-format", x => x.Property.Kind == ValueKind.Id, _ => new string('a', 65)),
        Mutation.Value("white space in a uri", "uri-format", x =>
            x.Property.Kind is ValueKind.Uri or ValueKind.Url or ValueKind.Canonical, _ => "http://a b"),
        Mutation.Value("base64 that is not padded", "base64-format", x => x.Property.Kind == ValueKind.Base64Binary, _ => "QUJDR"),
        Mutation.Value("base64 with other characters", "base64-format", x => x.Property.Kind == ValueKind.Base64Binary, _ => "QU-_"),
        Mutation.Value("an empty text", "empty-string", x => x.IsText, _ => ""),
        Mutation.Value("two spaces in a code", "code-format", x => x.Property.Kind == ValueKind.Code && x.Property.Binding is null, _ =>
            "a  b"),
        Mutation.Value("a space after a code", "code-format", x => x.Property.Kind == ValueKind.Code && x.Property.Binding is null, _ =>
            "a "),
        Mutation.Value("a fraction for an integer", "integer-format", x =>
            x.Property.Kind is ValueKind.Integer or ValueKind.PositiveInt or ValueKind.UnsignedInt, _ => 1.5m),
        Mutation.Value("an integer of 33 bits", "integer-format", x =>
            x.Property.Kind is ValueKind.Integer or ValueKind.PositiveInt or ValueKind.UnsignedInt, _ => 2147483648L),
        Mutation.Value("zero for a positiveInt", "positiveint-format", x => x.Property.Kind == ValueKind.PositiveInt, _ => 0),
        Mutation.Value("a negative unsignedInt", "unsignedint-format", x => x.Property.Kind == ValueKind.UnsignedInt, _ => -1),
        Mutation.Value("a control character in a text", "control-character", x =>
            x.Property.Kind is ValueKind.String or ValueKind.Markdown, _ => "a\u0001b"),
    ];

    private static Mutation[] References =>
    [
        Mutation.At("a reference to a type that may not be there", "reference-target", x => x.Property.Targets is not null
            && !x.Property.Allows(R4.Instance.ResourceIndex("Parameters"u8)), x =>
        {
            ((JsonObject)x.Value!)["reference"] = "Parameters/1";
            ((JsonObject)x.Value!).Remove("type");
            return x.Path;
        }),
        Mutation.At("a reference to no resource type", "reference-format", x => x.Property.TypeName == "Reference", x =>
            Refer(x, "Nothing/1", ".reference")),
        Mutation.At("a reference without id", "reference-format", x => x.Property.TypeName == "Reference", x =>
            Refer(x, "Patient", ".reference")),
        Mutation.At("a local reference to nothing", "ref-1", x => x.Property.TypeName == "Reference", x => Refer(x, "#nowhere", "")),
        Mutation.At("a Reference.type that is none", "reference-type", x => x.Property.TypeName == "Reference", x =>
        {
            ((JsonObject)x.Value!)["type"] = "Nothing";
            return x.Path + ".type";
        }),
        new("a contained resource that nothing refers to", "dom-3", (x, _) =>
            Contain(x, new JsonObject { ["resourceType"] = "Basic", ["id"] = "lonely", ["code"] = new JsonObject { ["text"] = "x" } }, "")),
        new("a contained resource without id", "contained-id", (x, _) =>
            Contain(x, new JsonObject { ["resourceType"] = "Organization", ["name"] = "x" }, "")),
        new("a resource contained in a contained one", "dom-2", (x, _) => Contain(x, new JsonObject
        {
            ["resourceType"] = "Organization", ["id"] = "o", ["name"] = "x", ["contained"] =
                new JsonArray(new JsonObject { ["resourceType"] = "Organization", ["id"] = "p", ["name"] = "x" }),
        }, ".contained[0]")),
        new("a version on a contained resource", "dom-4", (x, _) => Contain(x, new JsonObject
        {
            ["resourceType"] = "Organization", ["id"] = "o", ["name"] = "x", ["meta"] = new JsonObject { ["versionId"] = "1" },
        }, ".meta")),
        new("a security label on a contained resource", "dom-5", (x, _) => Contain(x, new JsonObject
        {
            ["resourceType"] = "Organization", ["id"] = "o", ["name"] = "x", ["meta"] =
                new JsonObject { ["security"] = new JsonArray(new JsonObject { ["code"] = "R" }) },
        }, ".meta")),
    ];
}
