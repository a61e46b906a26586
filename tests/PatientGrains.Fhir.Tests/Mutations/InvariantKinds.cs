using System.Text;
using System.Text.Json.Nodes;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Tests.Mutations;

/// <summary>Extensions, underscore siblings, invariants, narrative.</summary>
internal static partial class MutationKinds
{
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
}
