using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using PatientGrains.Core.Record;
using PatientGrains.Core.Search;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Intake;

/// <summary>
/// Search criteria that identify a resource: the header <c>If-None-Exist</c> (R4 3.1.0.8.1) or a conditional reference <c>Type?...</c> (3.1.0.11.2).
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
    public string Shown => $"{Type}?{string.Join('&', Canonical.Split(Separator).Select(parameter => parameter[..parameter.IndexOf('=')]))}";

    /// <summary>For access entries, which are sealed: the criteria as understood.</summary>
    public string Asked => $"{Type}?{Canonical.Replace(Separator, '&')}";

    /// <summary>Stands between parameters and cannot be part of one: control characters are refused.</summary>
    internal const char Separator = '\u001F';

    /// <summary>Reads criteria of one type.</summary>
    /// <param name="type">A resource type of R4.</param>
    /// <param name="query">What stands behind the question mark.</param>
    /// <param name="condition">The criteria.</param>
    /// <param name="problem">What is wrong, without the values that were sent.</param>
    public static bool TryParse(string type, string query, [NotNullWhen(true)] out Condition? condition, [NotNullWhen(false)] out string? problem)
    {
        condition = null;
        var parameters = new List<QueryParameter>();
        foreach (string part in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!QueryParameter.TryParse(part, out var parameter))
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
        if (parameter.Name == "_id" && parameter.Modifier is null)
        {
            _ids = parameter.Values;
            _criteria.Add(new IdCriterion(_ids));
            return null;
        }
        if (FhirTypes.SearchParameter(type, parameter.Name) is not { Extracted: true } known)
            return $"{type} has no search parameter of this name that conditions can use.";
        return known.Type switch
        {
            SearchParameterType.Token when parameter.Modifier is null or "not" => AddToken(parameter),
            _ when parameter.Modifier is not null => $"The modifier of {known.Name} cannot be used in a condition.",
            SearchParameterType.Date => AddDate(parameter),
            SearchParameterType.Reference => AddReference(parameter),
            _ => $"{known.Name} is of a kind that conditions cannot use: they take tokens, dates and references.",
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

    private string? AddToken(QueryParameter parameter)
    {
        var values = parameter.Values.Select(QueryParameter.ToToken).ToImmutableArray();
        _criteria.Add(new TokenCriterion(parameter.Name, values, parameter.Modifier == "not"));
        if (parameter is { Name: "identifier", Modifier: null } && values.All(value => value.Code is not null))
            _identifiers = values;
        return null;
    }

    private string? AddDate(QueryParameter parameter)
    {
        var values = ImmutableArray.CreateBuilder<DateValue>();
        foreach (string text in parameter.Values)
        {
            if (!QueryParameter.TryToDate(text, out var value))
                return $"A value of {parameter.Name} is no date.";
            values.Add(value);
        }
        _criteria.Add(new DateCriterion(parameter.Name, values.ToImmutable()));
        return null;
    }

    private string? AddReference(QueryParameter parameter)
    {
        var values = parameter.Values.Select(QueryParameter.Unescape).ToImmutableArray();
        _criteria.Add(new ReferenceCriterion(parameter.Name, values));
        // A search parameter called patient refers to nothing else, so a bare id is a patient's (R4 3.1.1.4.9).
        var logs = values.Select(value => parameter.Name == "patient" && !value.Contains('/') ? "Patient/" + value : value).ToImmutableArray();
        if (parameter.Name is "patient" or "subject" && logs.All(IsPatient))
            _patientLogs = logs;
        return null;
    }

    private static bool IsPatient(string reference) => ResourceKey.TryParse(reference, out var key) && key.IsPatient;
}
