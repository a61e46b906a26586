using System.Globalization;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Fhir;

/// <summary>Paging as R4 3.1.1.5.3 wants it: <c>_count</c> asks, links lead on.</summary>
internal static class Pages
{
    /// <summary>Reads <c>_count</c> and the cursor of a link.</summary>
    /// <param name="call">The request.</param>
    /// <param name="usual">Without a _count.</param>
    /// <param name="most">A larger _count gets this many.</param>
    /// <param name="page">What was understood.</param>
    public static Answer? Parse(FhirCall call, int usual, int most, out Paging page)
    {
        page = new Paging(usual, default);
        if (call.Query.First("_count") is { } text)
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count))
                return Answer.Problem(400, "value", "The value of '_count' must be a whole number.");
            page = page with { Count = Math.Min(count, most) };
        }
        if (call.Query.First(Cursor.Parameter) is { } cursor)
        {
            if (!Cursor.TryParse(cursor, out var at))
                return Answer.Problem(400, "value", $"The value of '{Cursor.Parameter}' must be taken from a link of this server.");
            page = page with { Cursor = at };
        }
        return null;
    }

    /// <summary>Reads <c>_since</c>: an instant (R4 3.1.0.12).</summary>
    public static Answer? Since(FhirCall call, out DateTimeOffset? since)
    {
        since = null;
        if (call.Query.First("_since") is not { } text)
            return null;
        if (!FhirDates.TryParse(text.Replace(' ', '+'), out long from, out _))
            return Answer.Problem(400, "value", "The value of '_since' must be an instant.");
        since = new DateTimeOffset(Math.Max(from, 0), TimeSpan.Zero);
        return null;
    }

    /// <summary>The self link, and the next link when there is a next page.</summary>
    /// <param name="call">The request.</param>
    /// <param name="page">The page that is shown.</param>
    /// <param name="next">Where the next page starts, or null.</param>
    public static BundleLink[] Links(FhirCall call, Paging page, int? next)
    {
        var parameters = call.Query.All.Where(parameter => parameter.Name != Cursor.Parameter);
        return Links(call, parameters, page.Cursor, next is { } skip ? page.Cursor with { Skip = skip } : null);
    }

    /// <param name="call">The request.</param>
    /// <param name="parameters">Those that were understood, without the cursor.</param>
    /// <param name="self">Where this page starts.</param>
    /// <param name="next">Where the next page starts, or null.</param>
    public static BundleLink[] Links(FhirCall call, IEnumerable<Parameter> parameters, Cursor self, Cursor? next)
    {
        Parameter[] kept = [.. parameters];
        var first = new BundleLink("self", Address(call, kept, self == default ? null : self));
        return next is null ? [first] : [first, new BundleLink("next", Address(call, kept, next))];
    }

    private static string Address(FhirCall call, Parameter[] parameters, Cursor? cursor)
    {
        // A POST to _search is continued by GET, so the links leave the operation's segment out.
        var path = call.Path
            .Where(segment => segment != "_search")
            .Select(segment => segment is "$everything" or "*" ? segment : Uri.EscapeDataString(segment));
        Parameter[] all = cursor is { } at ? [.. parameters, new Parameter(Cursor.Parameter, at.ToString())] : parameters;
        string query = all.Length == 0 ? "" : "?" + Parameters.Write(all);
        return $"{call.BaseUrl}/{string.Join('/', path)}{query}";
    }
}
