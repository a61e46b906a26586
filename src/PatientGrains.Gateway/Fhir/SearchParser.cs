using System.Collections.Immutable;
using System.Globalization;
using PatientGrains.Core.Record;
using PatientGrains.Core.Search;
using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Fhir;

/// <summary>
/// Understands the parameters of a search (R4 3.1.1). What it does not understand is an error that names the parameter; a client that
/// prefers
/// <c>handling=lenient</c> is told instead what was passed over. Values are never repeated in errors: they may be PHI.
/// </summary>
internal sealed class SearchParser
{
    private readonly string? _type;
    private readonly string _baseUrl;
    private readonly bool _lenient;
    private readonly GatewayOptions _options;
    private readonly ImmutableArray<Criterion>.Builder _criteria = ImmutableArray.CreateBuilder<Criterion>();
    private readonly ImmutableArray<Parameter>.Builder _understood = ImmutableArray.CreateBuilder<Parameter>();
    private readonly ImmutableArray<string>.Builder _ignored = ImmutableArray.CreateBuilder<string>();
    private ImmutableArray<string> _patients;
    private ImmutableArray<ResourceKey> _keys;
    private ImmutableArray<TokenValue> _identifiers;
    private int _count;
    private Cursor _cursor;
    private bool _omitTotal;
    private bool _onlyTotal;

    private SearchParser(string? type, string baseUrl, bool lenient, GatewayOptions options)
    {
        _type = type;
        _baseUrl = baseUrl;
        _lenient = lenient;
        _options = options;
        _count = options.DefaultPageSize;
    }

    /// <param name="type">The type to look for; null for all types of a compartment, which know the parameters of every resource
    /// only.</param>
    /// <param name="patient">The patient of a compartment search, else null.</param>
    /// <param name="call">The request.</param>
    /// <param name="options">Limits.</param>
    /// <param name="request">What was understood, when the return value is null.</param>
    /// <returns>The problem, or null.</returns>
    public static Answer? Parse(string? type, string? patient, FhirCall call, GatewayOptions options, out SearchRequest request)
    {
        var parser = new SearchParser(type, call.BaseUrl, call.Prefer.IsLenient, options);
        if (patient is not null)
            parser._patients = [patient];
        request = new SearchRequest { Type = type };
        foreach (var parameter in call.Query.All)
        {
            if (parser.Take(parameter) is { } problem)
                return problem;
        }
        request = parser.Finish();
        return null;
    }

    private SearchRequest Finish() => new()
    {
        Type = _type,
        Criteria = _criteria.ToImmutable(),
        Patients = _patients,
        Keys = _keys,
        Identifiers = _identifiers,
        Page = new Paging(_onlyTotal ? 0 : _count, _cursor),
        OmitTotal = _omitTotal,
        Understood = _understood.ToImmutable(),
        Ignored = _ignored.ToImmutable(),
    };

    private Answer? Take(Parameter parameter)
    {
        string name = parameter.Name;
        if (name.StartsWith("_has", StringComparison.Ordinal) || name.Contains('.'))
            return PassOver(name, "chained and reverse chained parameters are not supported");
        int colon = name.IndexOf(':');
        string modifier = colon < 0 ? "" : name[(colon + 1)..];
        string bare = colon < 0 ? name : name[..colon];
        if (parameter.Value.Length == 0)
            return PassOver(name, "the parameter has no value");
        if (IsResultParameter(bare))
            return modifier.Length == 0 ? TakeResult(parameter) : PassOver(name, "the modifier is not supported");
        return bare switch
        {
            "_id" when modifier.Length == 0 => TakeId(parameter),
            "_lastUpdated" when modifier.Length == 0 => TakeLastUpdated(parameter),
            "_id" or "_lastUpdated" => PassOver(name, "the modifier is not supported"),
            _ => TakeTypeParameter(parameter, bare, modifier),
        };
    }

    /// <summary>R4 3.1.1.5: parameters that shape the answer, not the set of matches.</summary>
    private static bool IsResultParameter(string name) => name is
        "_format" or "_pretty" or "_count" or "_summary" or "_total" or Cursor.Parameter
        or "_sort" or "_elements" or "_contained" or "_containedType" or "_include" or "_revinclude" or "_score";

    private Answer? TakeResult(Parameter parameter)
    {
        switch (parameter.Name, parameter.Value)
        {
            case ("_format" or "_pretty", _):
                break;
            case ("_summary", "count"):
                _onlyTotal = true;
                break;
            case ("_summary", "false") or ("_contained", "false"):
                break;
            case ("_total", "none"):
                _omitTotal = true;
                break;
            case ("_total", "estimate" or "accurate"):
                break;
            case ("_count", var text):
                if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count))
                    return NotAValue("_count", "a whole number");
                _count = Math.Min(count, _options.MaxPageSize);
                break;
            case (Cursor.Parameter, var text):
                // Not repeated in links: each link has a cursor of its own.
                return Cursor.TryParse(text, out _cursor) ? null : NotAValue(Cursor.Parameter, "taken from a link of this server");
            case ("_total", _):
                return NotAValue("_total", "none, estimate or accurate");
            default:
                return PassOver(parameter.Name, "the parameter is not supported, or not with this value");
        }
        _understood.Add(parameter);
        return null;
    }

    private Answer? TakeId(Parameter parameter)
    {
        if (SearchValues.All(parameter.Value, SearchValues.Unescape) is not { } ids)
            return NotAValue("_id", "logical ids");
        if (_keys.IsDefault && _type is not null)
            _keys = [.. ids.Select(id => new ResourceKey(_type, id)).Where(key => References.IsId(key.Id)).Distinct()];
        return Add(parameter, new IdCriterion(ids));
    }

    private Answer? TakeLastUpdated(Parameter parameter) => SearchValues.All(parameter.Value, SearchValues.Date) is { } dates
        ? Add(parameter, new LastUpdatedCriterion(dates))
        : NotAValue("_lastUpdated", "dates with an optional prefix");

    private Answer? TakeTypeParameter(Parameter parameter, string name, string modifier)
    {
        if (_type is null || FhirTypes.SearchParameter(_type, name) is not { } definition)
            return PassOver(parameter.Name, "the parameter is not known here");
        if (!Searchable.Is(definition))
            return PassOver(parameter.Name, "the parameter is not supported");
        return definition.Type switch
        {
            SearchParameterType.Token when modifier is "" or "not" => TakeToken(parameter, name, modifier == "not"),
            SearchParameterType.Date when modifier == "" => SearchValues.All(parameter.Value, SearchValues.Date) is { } dates
                ? Add(parameter, new DateCriterion(name, dates))
                : NotAValue(name, "dates with an optional prefix"),
            SearchParameterType.Reference when modifier == "" || FhirTypes.IsResourceType(modifier) =>
                TakeReference(parameter, name, modifier),
            _ => PassOver(parameter.Name, "the modifier is not supported"),
        };
    }

    private Answer? TakeToken(Parameter parameter, string name, bool not)
    {
        if (SearchValues.All(parameter.Value, SearchValues.Token) is not { } tokens)
            return NotAValue(name, "tokens: code, system|code, |code or system|");
        // Only an identifier with a value is in the population index.
        if (name == "identifier" && !not && _identifiers.IsDefault && tokens.All(token => token.Code is not null))
            _identifiers = tokens;
        return Add(parameter, new TokenCriterion(name, tokens, not));
    }

    private Answer? TakeReference(Parameter parameter, string name, string type)
    {
        bool namesPatient = name is "patient" or "subject" && type is "" or "Patient";
        if (name == "patient" && type == "")
            type = "Patient";
        var references = ImmutableArray.CreateBuilder<string>();
        foreach (string part in SearchValues.Split(parameter.Value, ','))
        {
            if (SearchValues.Unescape(part) is not { Length: > 0 } text)
                return NotAValue(name, "references");
            string reference = References.Relative(text, _baseUrl);
            bool isBare = References.IsId(reference);
            if (isBare && type == "" && namesPatient)
                reference = "Patient/" + reference;
            else if (isBare && type != "")
                reference = $"{type}/{reference}";
            else if (!isBare && References.Key(reference) is null && !Uri.IsWellFormedUriString(reference, UriKind.Absolute))
                return NotAValue(name, "references: an id, Type/id or an absolute URL");
            if (type != "" && !reference.StartsWith(type + "/", StringComparison.Ordinal))
                return NotAValue(name, "references to resources of that type");
            references.Add(reference);
        }
        if (namesPatient && _patients.IsDefault && references.All(reference => reference.StartsWith("Patient/", StringComparison.Ordinal)))
            _patients = [.. references.Select(reference => reference["Patient/".Length..]).Distinct()];
        return Add(parameter, new ReferenceCriterion(name, references.ToImmutable()));
    }

    private Answer? Add(Parameter parameter, Criterion criterion)
    {
        _criteria.Add(criterion);
        _understood.Add(parameter);
        return null;
    }

    private Answer? PassOver(string name, string why)
    {
        if (!_lenient)
            return Answer.Problem(400, "not-supported",
                $"Search parameter '{Parameters.Shown(name)}': {why}. With 'Prefer: handling=lenient' it would be ignored.");
        _ignored.Add(Parameters.Shown(name));
        return null;
    }

    private static Answer NotAValue(string name, string expected) =>
        Answer.Problem(400, "value", $"The values of '{Parameters.Shown(name)}' must be {expected}.");
}

/// <summary>Which search parameters of R4 this server searches by; metadata says the same.</summary>
internal static class Searchable
{
    public static bool Is(SearchParameter parameter) =>
        parameter.Extracted && parameter.Type is SearchParameterType.Token or SearchParameterType.Date or SearchParameterType.Reference;
}
