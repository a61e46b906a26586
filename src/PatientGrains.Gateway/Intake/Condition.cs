using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using PatientGrains.Core.Record;
using PatientGrains.Core.Search;
using PatientGrains.Fhir;
using PatientGrains.Gateway.Fhir;

namespace PatientGrains.Gateway.Intake;

/// <summary>
/// Search criteria that identify a resource: the header <c>If-None-Exist</c> (R4 3.1.0.8.1) or a conditional reference <c>Type?...</c>
/// (3.1.0.11.2).
/// </summary>
internal sealed record Condition
{
    public required string Type { get; init; }

    /// <summary>The decoded parameters in one order, so that the same question is the same text however it was written.</summary>
    public required string Canonical { get; init; }

    public required ImmutableArray<Criterion> Criteria { get; init; }

    /// <summary>The identifiers of which a match must have one; the population index finds the records that may.</summary>
    public ImmutableArray<TokenValue> Identifiers { get; init; } = [];

    /// <summary>The ids of which a match must have one.</summary>
    public ImmutableArray<string> Ids { get; init; } = [];

    /// <summary>Logs of the patients whom a match must name.</summary>
    public ImmutableArray<string> PatientLogs { get; init; } = [];

    /// <summary>For people and logs: the names of the parameters, never their values.</summary>
    public string Shown =>
        $"{Type}?{string.Join('&', Canonical.Split(Separator).Select(parameter => parameter[..parameter.IndexOf('=')]))}";

    /// <summary>For access entries, which are sealed: the criteria as understood.</summary>
    public string Asked => $"{Type}?{Canonical.Replace(Separator, '&')}";

    /// <summary>Stands between parameters and cannot be part of one: control characters are refused.</summary>
    internal const char Separator = '\u001F';

    /// <summary>Reads criteria of one type.</summary>
    /// <param name="type">A resource type of R4.</param>
    /// <param name="query">What stands behind the question mark.</param>
    /// <param name="condition">The criteria.</param>
    /// <param name="problem">What is wrong, without the values that were sent.</param>
    public static bool TryParse(
        string type, string query, [NotNullWhen(true)] out Condition? condition, [NotNullWhen(false)] out string? problem)
    {
        condition = null;
        var parameters = new List<QueryParameter>();
        foreach (string part in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            if (QueryParameter.Parse(part) is not { } parameter)
            {
                problem = "A condition is a list of name=value joined by &, without control characters.";
                return false;
            }
            parameters.Add(parameter);
        }
        if (parameters.Count == 0)
        {
            problem = "A condition needs at least one search parameter.";
            return false;
        }
        parameters.Sort((a, b) => string.CompareOrdinal(a.Canonical, b.Canonical));
        var reading = new ConditionReading(type);
        foreach (var parameter in parameters)
        {
            if ((problem = reading.Add(parameter)) is not null)
                return false;
        }
        condition = reading.Finish(string.Join(Separator, parameters.Select(parameter => parameter.Canonical)));
        problem = condition.CanBeFound
            ? null
            : "A condition must name an identifier, an _id or a patient; without one of them every record would have to be asked.";
        return problem is null;
    }

    private bool CanBeFound => !Identifiers.IsEmpty || !Ids.IsEmpty || !PatientLogs.IsEmpty;
}

/// <summary>Criteria as they are read, parameter by parameter.</summary>
internal sealed class ConditionReading(string type)
{
    private readonly ImmutableArray<Criterion>.Builder _criteria = ImmutableArray.CreateBuilder<Criterion>();
    private ImmutableArray<TokenValue> _identifiers = [];
    private ImmutableArray<string> _ids = [];
    private ImmutableArray<string> _patientLogs = [];

    /// <returns>Null when it was understood, else what is wrong.</returns>
    public string? Add(QueryParameter parameter)
    {
        if (parameter is { Name: "_id", Modifier: null })
            return AddIds(parameter);
        if (FhirTypes.SearchParameter(type, parameter.Name) is not { } known || !Searchable.Is(known))
            return $"{type} has no search parameter of this name that conditions can use; they take tokens, dates and references.";
        return known.Type switch
        {
            SearchParameterType.Token when parameter.Modifier is null or "not" => AddToken(parameter),
            _ when parameter.Modifier is not null => $"The modifier of {known.Name} cannot be used in a condition.",
            SearchParameterType.Date => AddDate(parameter),
            _ => AddReference(parameter),
        };
    }

    public Condition Finish(string canonical) => new()
    {
        Type = type,
        Canonical = canonical,
        Criteria = _criteria.ToImmutable(),
        Identifiers = _identifiers,
        Ids = _ids,
        PatientLogs = _patientLogs,
    };

    private string? AddIds(QueryParameter parameter)
    {
        if (parameter.Values(SearchValues.Unescape) is not { } ids || !ids.All(References.IsId))
            return "The values of _id must be logical ids.";
        _ids = ids;
        _criteria.Add(new IdCriterion(ids));
        return null;
    }

    private string? AddToken(QueryParameter parameter)
    {
        if (parameter.Values(SearchValues.Token) is not { } values)
            return $"The values of {parameter.Name} must be tokens: code, system|code, |code or system|.";
        _criteria.Add(new TokenCriterion(parameter.Name, values, parameter.Modifier == "not"));
        if (parameter is { Name: "identifier", Modifier: null } && values.All(value => value.Code is not null))
            _identifiers = values;
        return null;
    }

    private string? AddDate(QueryParameter parameter)
    {
        if (parameter.Values(SearchValues.Date) is not { } values)
            return $"The values of {parameter.Name} must be dates with an optional prefix.";
        _criteria.Add(new DateCriterion(parameter.Name, values));
        return null;
    }

    private string? AddReference(QueryParameter parameter)
    {
        // A parameter called patient refers to nothing else, so a bare id is a patient's (R4 3.1.1.4.9).
        if (parameter.Values(value => Reference(parameter.Name, SearchValues.Unescape(value))) is not { } values)
            return $"The values of {parameter.Name} must be references: an id, Type/id or an absolute URL.";
        _criteria.Add(new ReferenceCriterion(parameter.Name, values));
        if (parameter.Name is "patient" or "subject" && values.All(value => References.Key(value) is { IsPatient: true }))
            _patientLogs = values;
        return null;
    }

    private static string? Reference(string name, string? value) => value switch
    {
        null or "" => null,
        _ when References.IsId(value) => name == "patient" ? "Patient/" + value : value,
        _ when References.Key(value) is not null || Uri.IsWellFormedUriString(value, UriKind.Absolute) => value,
        _ => null,
    };
}
