using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PatientGrains.Fhir.Tests.Mutations;

/// <summary>A way to break a valid resource, and what the validator must say to it.</summary>
/// <param name="Name">What is done.</param>
/// <param name="Rule">The rule that must be found broken.</param>
/// <param name="Apply">Breaks the resource; the location that must be named, or null when there is nothing in it to break this way.</param>
/// <param name="Bytes">What is still to be done to the serialised text, for what a tree cannot hold.</param>
internal sealed record Mutation(string Name, string Rule, Func<JsonObject, Random, string?> Apply, Func<byte[], byte[]>? Bytes = null)
{
    private static readonly JsonSerializerOptions _plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Breaks one site among those that fit, chosen by the seed.</summary>
    public static Mutation At(string name, string rule, Func<Site, bool> fits, Func<Site, string> apply, Func<byte[], byte[]>? bytes =
        null) =>
        new(name, rule, (resource, random) =>
        {
            var sites = Site.Of(resource).Where(fits).ToList();
            return sites.Count == 0 ? null : apply(sites[random.Next(sites.Count)]);
        }, bytes);

    /// <summary>Puts another value at a site.</summary>
    public static Mutation Value(string name, string rule, Func<Site, bool> fits, Func<Site, JsonNode?> value) =>
        At(name, rule, fits, site =>
        {
            site.Put(value(site));
            return site.Path;
        });

    public (byte[] Broken, string Location)? Break(byte[] resource, Random random)
    {
        var tree = (JsonObject)JsonNode.Parse(resource)!;
        if (Apply(tree, random) is not { } location)
            return null;
        byte[] text = Encoding.UTF8.GetBytes(tree.ToJsonString(_plain));
        return (Bytes is null ? text : Bytes(text), location);
    }
}
