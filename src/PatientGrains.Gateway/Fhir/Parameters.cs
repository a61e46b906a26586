using Microsoft.AspNetCore.WebUtilities;

namespace PatientGrains.Gateway.Fhir;

/// <summary>One parameter of a query or form, decoded.</summary>
internal readonly record struct Parameter(string Name, string Value);

/// <summary>The parameters of a request in the order in which they came; a name may come often.</summary>
internal sealed class Parameters(IReadOnlyList<Parameter> all)
{
    public static Parameters None { get; } = new([]);

    public IReadOnlyList<Parameter> All { get; } = all;

    /// <summary>Reads a query string, with or without its question mark, or a form.</summary>
    public static Parameters Parse(string text)
    {
        if (text is "" or "?")
            return None;
        var all = new List<Parameter>();
        foreach (var pair in new QueryStringEnumerable(text))
            all.Add(new Parameter(pair.DecodeName().ToString(), pair.DecodeValue().ToString()));
        return new Parameters(all);
    }

    public Parameters With(Parameters more) => new([.. All, .. more.All]);

    /// <summary>The first value of a name, or null.</summary>
    public string? First(string name)
    {
        foreach (var parameter in All)
        {
            if (parameter.Name == name)
                return parameter.Value;
        }
        return null;
    }

    /// <summary>
    /// Names that an interaction without search does not know (R4 3.1.0.1.3 lets every interaction take _format and _pretty).
    /// </summary>
    public IEnumerable<string> Besides(params string[] known) => All
        .Where(parameter => parameter.Name is not ("_format" or "_pretty") && !known.Contains(parameter.Name)
            && parameter is not { Name: "_summary", Value: "false" })
        .Select(parameter => parameter.Name)
        .Distinct();

    /// <summary>A name as it may be repeated to the client: what is no name (and may be anything, a misplaced value too) is not.</summary>
    public static string Shown(string name) =>
        name.Length <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or ':' or '.') ? name : "(not a name)";

    /// <summary>As a query string, encoded.</summary>
    public static string Write(IEnumerable<Parameter> parameters) =>
        string.Join('&', parameters.Select(parameter => $"{Uri.EscapeDataString(parameter.Name)}={Uri.EscapeDataString(parameter.Value)}"));
}
