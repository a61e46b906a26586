namespace PatientGrains.Fhir.Schema;

/// <summary>One alternative of a search expression, as far as it is a plain path: the kinds of expression of R4 that a walk along the
/// resource can answer.</summary>
internal sealed class SearchPath
{
    public required string[] Elements { get; init; }
    /// <summary>Type that the choice at the step must have, by step; null for any.</summary>
    public required string?[] As { get; init; }
    /// <summary>From <c>.where(system='phone')</c> and <c>.where(type='composed-of')</c>, the value.</summary>
    public string? Only { get; private init; }
    /// <summary>From <c>.where(resolve() is Patient)</c>, the type.</summary>
    public string? Target { get; private init; }
    /// <summary>From <c>.exists() and x != false</c>.</summary>
    public bool Exists { get; private init; }

    /// <summary>Null when the expression is of another kind.</summary>
    public static SearchPath? Parse(string expression, string type)
    {
        if (expression == "Patient.deceased.exists() and Patient.deceased != false")
            return new SearchPath { Elements = ["deceased"], As = [null], Exists = true };
        string? only = null;
        string? target = null;
        string rest = Cut(Cut(expression, ".where(resolve() is ", ")", ref target), ".where(system='", "')", ref only);
        rest = Cut(rest, ".where(type='", "')", ref only).Replace(".as(", " as ", StringComparison.Ordinal);
        rest = rest.Replace("(", "", StringComparison.Ordinal).Replace(")", "", StringComparison.Ordinal);
        string[] steps = rest.Split('.');
        if (steps[0] == type)
            steps = steps[1..];
        var types = steps.Select(x => x.Split(" as ") is [_, var asType] ? asType : null).ToArray();
        var names = steps.Select(x => x.Split(" as ")[0]).ToArray();
        return names.Length == 0 || names.Any(x => !x.All(char.IsAsciiLetterOrDigit)) ? null
            : new SearchPath { Elements = names, As = types, Only = only, Target = target };
    }

    private static string Cut(string text, string open, string close, ref string? inside)
    {
        int at = text.IndexOf(open, StringComparison.Ordinal);
        if (at < 0)
            return text;
        int end = text.IndexOf(close, at + open.Length, StringComparison.Ordinal);
        inside = text[(at + open.Length)..end];
        return text[..at] + text[(end + close.Length)..];
    }
}
