using System.Text;
using System.Text.Json.Nodes;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Tests.Mutations;

/// <summary>The kinds of mutation that the validator must refuse.</summary>
internal static class MutationKinds
{
    public static Mutation[] All => [.. Structure, .. Primitives, .. References, .. Extensions, .. Invariants, .. Bytes];

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
        Mutation.Value("text for a boolean", "json-type", x => x.Property.Kind == ValueKind.Boolean, x => x.Value!.ToString()),
        Mutation.Value("text for a number", "json-type", x =>
            x.Property.Kind is ValueKind.Integer or ValueKind.Decimal or ValueKind.PositiveInt or ValueKind.UnsignedInt, x =>
            x.Value!.ToString()),
        Mutation.Value("a number for text", "json-type", x => x.IsText, _ => 12),
        Mutation.Value("a boolean for text", "json-type", x => x.IsText, _ => true),
        Mutation.Value("text for an object", "json-type", x => x.Property.Kind == ValueKind.Object, _ => "text"),
        Mutation.Value("an object for text", "json-type", x => x.IsText, _ => new JsonObject { ["value"] = "text" }),
        Mutation.Value("an array in an array", "json-type", x => x.Index >= 0, x => new JsonArray(x.Value!.DeepClone())),
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

    private static Mutation[] Extensions =>
    [
        Mutation.At("an extension without url", "cardinality-min", x => x.Property.Kind == ValueKind.Object
            && x.Property.Type!.Role != TypeRole.Extension, x => Extend(x, new JsonObject { ["valueString"] = "x" })),
        Mutation.At("an extension with value and extensions", "ext-1", x => x.Property.Kind == ValueKind.Object
            && x.Property.Type!.Role != TypeRole.Extension,
            x => Extend(x, new JsonObject { ["url"] = "http://x", ["valueString"] = "x", ["extension"] = new JsonArray(Extension()) })),
        Mutation.At("an extension with nothing", "ext-1", x => x.Property.Kind == ValueKind.Object
            && x.Property.Type!.Role != TypeRole.Extension, x => Extend(x, new JsonObject { ["url"] = "http://x" })),
        Mutation.At("an underscore sibling of an object", "sibling-on-complex", x => x.Property.Kind == ValueKind.Object, x =>
        {
            x.Parent["_" + x.Property.Name] = new JsonObject { ["extension"] = new JsonArray(Extension()) };
            return x.ElementPath;
        }),
        Mutation.At("sibling arrays of unequal length", "sibling-alignment", x => x.Index == 0 && x.Property.IsPrimitive
            && !x.Parent.ContainsKey("_" + x.Property.Name), x =>
        {
            var siblings = new JsonArray();
            for (int i = 0; i <= ((JsonArray)x.Parent[x.Property.Name]!).Count; i++)
                siblings.Add(new JsonObject { ["extension"] = new JsonArray(Extension()) });
            x.Parent["_" + x.Property.Name] = siblings;
            return x.ElementPath;
        }),
        Mutation.At("a sibling that holds a value", "unknown-element", x => x.Index < 0 && x.Property.MayHaveSibling
            && !x.Parent.ContainsKey("_" + x.Property.Name), x =>
        {
            x.Parent["_" + x.Property.Name] = new JsonObject { ["value"] = "x" };
            return x.Path + ".value";
        }),
        Mutation.At("a sibling that has an id only where there is no value", "ele-1", x => x.Index < 0 && x.Property.MayHaveSibling
            && !x.Parent.ContainsKey("_" + x.Property.Name), x =>
        {
            x.Parent.Remove(x.Property.Name);
            x.Parent["_" + x.Property.Name] = new JsonObject { ["id"] = "x" };
            return x.Path;
        }),
        Mutation.Value("an element that is an id only", "ele-1", x => x.Property.Kind == ValueKind.Object, _ =>
            new JsonObject { ["id"] = "x" }),
    ];

    private static Mutation[] Invariants =>
    [
        Mutation.At("a period that ends before it starts", "per-1", x => x.Property.TypeName == "Period", x =>
        {
            x.Put(new JsonObject { ["start"] = "2020-05-02", ["end"] = "2020-05-01" });
            return x.Path;
        }),
        Mutation.At("a quantity with a code and no system", "qty-3", x => x.Property.TypeName == "Quantity", x =>
        {
            x.Put(new JsonObject { ["value"] = 1, ["code"] = "mg" });
            return x.Path;
        }),
        Mutation.At("a contact without system", "cpt-2", x => x.Property.TypeName == "ContactPoint", x =>
        {
            x.Put(new JsonObject { ["value"] = "1" });
            return x.Path;
        }),
        Mutation.At("a range upside down", "rng-2", x => x.Property.TypeName == "Range", x =>
        {
            x.Put(new JsonObject { ["low"] = new JsonObject { ["value"] = 10 }, ["high"] = new JsonObject { ["value"] = 9.5 } });
            return x.Path;
        }),
        Mutation.At("data without a content type", "att-1", x => x.Property.TypeName == "Attachment", x =>
        {
            x.Put(new JsonObject { ["data"] = "QUJD" });
            return x.Path;
        }),
        Mutation.Value("a script in the narrative", "txt-1", x => x.Property.Kind == ValueKind.Xhtml, _ =>
            "<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>x()</script></div>"),
        Mutation.Value("an event in the narrative", "txt-1", x => x.Property.Kind == ValueKind.Xhtml, _ =>
            "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p onclick=\"x()\">a</p></div>"),
        Mutation.Value("a narrative that is not well-formed", "txt-1", x => x.Property.Kind == ValueKind.Xhtml, _ =>
            "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>a</div>"),
        Mutation.Value("a narrative without namespace", "txt-1", x => x.Property.Kind == ValueKind.Xhtml, _ => "<div>a</div>"),
        Mutation.Value("a narrative with an entity of HTML", "txt-1", x => x.Property.Kind == ValueKind.Xhtml, _ =>
            "<div xmlns=\"http://www.w3.org/1999/xhtml\">a&nbsp;b</div>"),
        Mutation.Value("a narrative without content", "txt-2", x => x.Property.Kind == ValueKind.Xhtml, _ =>
            "<div xmlns=\"http://www.w3.org/1999/xhtml\"> <br/> </div>"),
    ];

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
