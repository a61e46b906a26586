using System.Text;
using System.Text.Json.Nodes;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Tests.Mutations;

/// <summary>The kinds of mutation that the validator must refuse.</summary>
internal static partial class MutationKinds
{
    public static Mutation[] All =>
        [.. Structure, .. Choices, .. Shapes, .. Primitives, .. References, .. Extensions, .. Invariants, .. Bytes];

    /// <summary>What no tree can hold; the location is that of the root, or what was read so far.</summary>
    private static Mutation[] Bytes =>
    [
        Mutation.At("a member twice", "duplicate", x => x.Index < 0, x =>
        {
            x.Parent["DUPLICATE" + x.Property.Name] = x.Value!.DeepClone();
            return x.Path;
        }, x => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(x).Replace("DUPLICATE", "", StringComparison.Ordinal))),
        new("something after the resource", "trailing", (x, _) => (string)x["resourceType"]!, x => [.. x, (byte)'}']),
        new("the last brace missing", "json", (x, _) => (string)x["resourceType"]!, x => x[..^1]),
        new("a comma before the last brace", "json", (x, _) => (string)x["resourceType"]!, x => [.. x[..^1], (byte)',', (byte)'}']),
        new("a byte order mark", "bom", (_, _) => "", x => [0xEF, 0xBB, 0xBF, .. x]),
        new("an overlong byte sequence", "utf-8", (_, _) => "", x =>
            [.. x[..^1], .. ",\"language\":\"\u0000\""u8.ToArray().Select(b => b == 0 ? (byte)0xC0 : b), (byte)'}']),
        new("half a surrogate pair", "surrogate", (x, _) => (string)x["resourceType"]! + ".implicitRules", x =>
            [.. x[..^1], .. ",\"implicitRules\":\"\\ud800\"}"u8]),
        new("a raw control character", "json", (x, _) => (string)x["resourceType"]! + ".implicitRules", x =>
            [.. x[..^1], .. ",\"implicitRules\":\"\n\"}"u8]),
        new("a number with a leading zero", "json", (x, _) => (string)x["resourceType"]! + ".implicitRules", x =>
            [.. x[..^1], .. ",\"implicitRules\":01}"u8]),
        new("a comment", "json", (_, _) => "", x => [(byte)'{', .. "/* */"u8, .. x[1..]]),
    ];

    private static byte[] Upper(Site site) => Encoding.UTF8.GetBytes(site.Value!.ToString().ToUpperInvariant() + "X");

    private static Property? Other(Site site) =>
        Array.Find(site.ParentType.Properties, x => x.Choice == site.Property.Choice && x.Index != site.Property.Index
            && x.Kind is ValueKind.String or ValueKind.Code or ValueKind.DateTime);

    private static JsonObject Extension() => new() { ["url"] = "http://example.org/x", ["valueBoolean"] = true };

    private static string Refer(Site site, string reference, string below)
    {
        site.Put(new JsonObject { ["reference"] = reference });
        return site.Path + below;
    }

    private static string Extend(Site site, JsonObject extension)
    {
        ((JsonObject)site.Value!)["extension"] = new JsonArray(extension);
        return site.Path + ".extension[0]";
    }

    private static string? Contain(JsonObject resource, JsonObject contained, string below)
    {
        string type = (string)resource["resourceType"]!;
        if (R4.Instance.Type(type).Find("contained") is null)
            return null;
        resource["contained"] = new JsonArray(contained);
        return $"{type}.contained[0]{below}";
    }
}
