using System.Text;
using System.Text.Json.Nodes;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Tests.Mutations;

/// <summary>Names, cardinality, choices, JSON types.</summary>
internal static partial class MutationKinds
{
    private static Mutation[] Structure =>
    [
        Mutation.At("an unknown element", "unknown-element", x => x.Value is JsonObject && x.Property.Type is not null, x =>
        {
            ((JsonObject)x.Value!)["foo"] = "bar";
            return x.Path + ".foo";
        }),
        Mutation.At("a misspelt element", "unknown-element", x => x.Property.Kind == ValueKind.Object && x.Property.Choice < 0
            && x.Index <= 0, x =>
        {
            var value = x.Parent[x.Property.Name];
            x.Parent.Remove(x.Property.Name);
            x.Parent[x.Property.Name + "s"] = value;
            return x.ElementPath + "s";
        }),
        Mutation.At("a required element left out", "cardinality-min", x => x.IsRequired && !x.Parent.ContainsKey("_" + x.Property.Name),
            x =>
        {
            x.Parent.Remove(x.Property.Name);
            return x.ParentPath;
        }),
        Mutation.At("a single element as array", "array-not-allowed", x => !x.Property.Many, x =>
        {
            x.Parent[x.Property.Name] = new JsonArray(x.Value!.DeepClone());
            return x.Path;
        }),
        Mutation.At("a repeating element without array", "array-expected", x => x.Property.Many, x =>
        {
            x.Parent[x.Property.Name] = x.Value!.DeepClone();
            return x.ElementPath;
        }),
    ];

    private static Mutation[] Choices =>
    [
        Mutation.At("two types of a choice", "choice-twice", x => x.Property.Choice >= 0 && Other(x) is not null, x =>
        {
            x.Parent[Other(x)!.Name] = "text";
            return x.Path;
        }),
        Mutation.At("a type that the choice does not have", "choice-type", x => x.Property.Choice >= 0 && x.ParentType.Name != "Extension"
            && x.ParentType.Find(x.Property.Element + "Meta") is null, x =>
        {
            x.Parent.Remove(x.Property.Name);
            x.Parent[x.Property.Element + "Meta"] = new JsonObject();
            return x.Path;
        }),
        Mutation.At("modifierExtension where none may be", "unknown-element", x => x.Property.Type is { } type
            && type.Find("modifierExtension") is null, x =>
        {
            ((JsonObject)x.Value!)["modifierExtension"] = new JsonArray(Extension());
            return x.Path + ".modifierExtension";
        }),
        new("no resourceType", "resource-type-missing", (x, _) =>
        {
            x.Remove("resourceType");
            return "";
        }),
        new("an unknown resourceType", "resource-type-unknown", (x, _) =>
        {
            x["resourceType"] = "Person2";
            return "";
        }),
        new("an abstract resourceType", "resource-type-unknown", (x, _) =>
        {
            x["resourceType"] = "DomainResource";
            return "";
        }),
    ];

    private static Mutation[] Shapes =>
    [
        Mutation.Value("text for a boolean", "json-type", x => x.Property.Kind == ValueKind.Boolean, x => x.Value!.ToString()),
        Mutation.Value("text for a number", "json-type", x =>
            x.Property.Kind is ValueKind.Integer or ValueKind.Decimal or ValueKind.PositiveInt or ValueKind.UnsignedInt, x =>
            x.Value!.ToString()),
        Mutation.Value("a number for text", "json-type", x => x.IsText, _ => 12),
        Mutation.Value("a boolean for text", "json-type", x => x.IsText, _ => true),
        Mutation.Value("text for an object", "json-type", x => x.Property.Kind == ValueKind.Object, _ => "text"),
        Mutation.Value("an object for text", "json-type", x => x.IsText, _ => new JsonObject { ["value"] = "text" }),
        Mutation.Value("an array in an array", "json-type", x => x.Index >= 0, x => new JsonArray(x.Value!.DeepClone())),
        Mutation.Value("an empty object", "empty-object", x => x.Property.Kind == ValueKind.Object, _ => new JsonObject()),
        Mutation.At("an empty array", "empty-array", x => x.Property.Many, x =>
        {
            x.Parent[x.Property.Name] = new JsonArray();
            return x.ElementPath;
        }),
        Mutation.Value("null for a value", "null", x => x.Index < 0 || x.Property.Kind == ValueKind.Object, _ => null),
        Mutation.At("null in an array of primitives", "null", x => x.Index >= 0 && x.Property.IsPrimitive
            && !x.Parent.ContainsKey("_" + x.Property.Name), x =>
        {
            x.Put(null);
            return x.Path;
        }),
    ];
}
