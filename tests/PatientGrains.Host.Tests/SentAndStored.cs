using System.Text;
using System.Text.Json;

namespace PatientGrains.Host.Tests;

/// <summary>
/// Compares what was sent with what came back, by nothing of ours: every member of the resource must be the same bytes, in the same
/// order, white space inside it included, but for id, meta and the references that are known to become others.
/// </summary>
internal static class SentAndStored
{
    private static readonly string[] ServerMeta = ["versionId", "lastUpdated", "source"];

    /// <summary>What differs, null when nothing does.</summary>
    public static string? Difference(JsonElement sent, JsonElement stored, Func<string, string?> referenceOf)
    {
        var expected = Members(sent, "id", "meta").ToList();
        var found = Members(stored, "id", "meta").ToList();
        if (!expected.Select(member => member.Name).SequenceEqual(found.Select(member => member.Name)))
            return "members: " + string.Join(',', found.Select(member => member.Name));
        foreach (var (before, after) in expected.Zip(found))
        {
            if (Replaced(before.Value.GetRawText(), referenceOf) != after.Value.GetRawText())
                return before.Name;
        }
        return MetaDifference(sent, stored);
    }

    private static string? MetaDifference(JsonElement sent, JsonElement stored)
    {
        var meta = stored.GetProperty("meta");
        if (!ServerMeta.All(name => meta.TryGetProperty(name, out _)))
            return "the server's meta";
        var before = sent.TryGetProperty("meta", out var had) ? Members(had, ServerMeta).ToList() : [];
        return before.Select(member => (member.Name, member.Value.GetRawText())).Order()
            .SequenceEqual(Members(meta, ServerMeta).Select(member => (member.Name, member.Value.GetRawText())).Order()) ? null : "meta";
    }

    private static IEnumerable<JsonProperty> Members(JsonElement of, params string[] without) =>
        of.EnumerateObject().Where(member => !without.Contains(member.Name));

    /// <summary>The text with the values of all <c>reference</c> members replaced, and every other byte kept.</summary>
    private static string Replaced(string json, Func<string, string?> referenceOf)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(json);
        var reader = new Utf8JsonReader(bytes);
        var to = new StringBuilder();
        int kept = 0;
        bool isReference = false;
        while (reader.Read())
        {
            if (isReference && reader.TokenType == JsonTokenType.String && referenceOf(reader.GetString()!) is { } other)
            {
                to.Append(Encoding.UTF8.GetString(bytes, kept, (int)reader.TokenStartIndex - kept)).Append('"').Append(other).Append('"');
                kept = (int)reader.BytesConsumed;
            }
            isReference = reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("reference"u8);
        }
        return to.Append(Encoding.UTF8.GetString(bytes, kept, bytes.Length - kept)).ToString();
    }
}
