using System.Text;
using System.Text.Json;

namespace PatientGrains.Gateway.Fhir;

/// <summary>Parameters that come in a body: forms of _search (R4 3.1.0.9), Parameters resources of operations (R4 3.2.0.1.1).</summary>
internal static class Forms
{
    /// <summary>The call with the parameters of its form added to those of its address; a GET as it is.</summary>
    public static async Task<(FhirCall Call, Answer? Problem)> WithForm(FhirCall call, GatewayOptions options)
    {
        if (call.Method != "POST")
            return (call, null);
        var (bytes, problem) = await call.ReadBody();
        if (problem is not null || bytes.IsEmpty)
            return (call, problem);
        if (!Formats.IsForm(call.ContentType))
            return (call, Answer.Problem(415, "not-supported", "A _search by POST takes application/x-www-form-urlencoded in UTF-8."));
        if (bytes.Length > options.MaxSearchChars)
            return (call, Answer.Problem(413, "too-long", "The form is too long."));
        return (call.WithQuery(call.Query.With(Parameters.Parse(Encoding.UTF8.GetString(bytes.Span)))), null);
    }

    /// <summary>The call with the members of a Parameters resource added to the parameters of its address; a GET as it is.</summary>
    public static async Task<(FhirCall Call, Answer? Problem)> WithParameters(FhirCall call, GatewayOptions options)
    {
        if (call.Method != "POST")
            return (call, null);
        var (bytes, problem) = await call.ReadBody();
        if (problem is not null || bytes.IsEmpty)
            return (call, problem);
        if (!Formats.IsJson(call.ContentType))
            return (call, Answer.Problem(415, "not-supported", "An operation takes a Parameters resource as application/fhir+json."));
        if (bytes.Length > options.MaxSearchChars)
            return (call, Answer.Problem(413, "too-long", "The Parameters resource is too long."));
        return Members(bytes) is { } members
            ? (call.WithQuery(call.Query.With(new Parameters(members))), null)
            : (call, Answer.Problem(400, "structure", "The body is not a Parameters resource with simple values."));
    }

    private static List<Parameter>? Members(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                return null;
            if (!root.TryGetProperty("resourceType", out var type) || !type.ValueEquals("Parameters"))
                return null;
            var members = new List<Parameter>();
            if (!root.TryGetProperty("parameter", out var list))
                return members;
            foreach (var member in list.EnumerateArray())
            {
                var value = member.EnumerateObject()
                    .FirstOrDefault(property => property.Name.StartsWith("value", StringComparison.Ordinal)).Value;
                if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False))
                    return null;
                members.Add(new Parameter(member.GetProperty("name").GetString() ?? "", value.ToString()));
            }
            return members;
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }
}
