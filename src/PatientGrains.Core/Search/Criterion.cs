using System.Collections.Immutable;
using System.Text.Json.Serialization;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Search;

/// <summary>
/// One search parameter as a front understood it: a statement matches when one of its terms of that name matches one of the values (R4
/// 3.1.1.3: values are OR, parameters are AND). Deterministic over the stored terms.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(TokenCriterion), "token")]
[JsonDerivedType(typeof(DateCriterion), "date")]
[JsonDerivedType(typeof(ReferenceCriterion), "reference")]
[JsonDerivedType(typeof(IdCriterion), "id")]
[JsonDerivedType(typeof(LastUpdatedCriterion), "last-updated")]
public abstract record Criterion
{
    public abstract bool Matches(Statement statement);

    public static bool AllMatch(ImmutableArray<Criterion> criteria, Statement statement)
    {
        foreach (var criterion in criteria)
        {
            if (!criterion.Matches(statement))
                return false;
        }
        return true;
    }
}

/// <summary>A token (R4 3.1.1.4.10).</summary>
/// <param name="Param">Name of the search parameter.</param>
/// <param name="Values">Any of them.</param>
/// <param name="Not">The modifier <c>:not</c>: none of them; a statement without the element matches too.</param>
public sealed record TokenCriterion(string Param, ImmutableArray<TokenValue> Values, bool Not = false) : Criterion
{
    private readonly byte[] _param = System.Text.Encoding.UTF8.GetBytes(Param);

    public override bool Matches(Statement statement)
    {
        foreach (var term in statement.Terms)
        {
            if (term.Kind != TermKind.Token || !term.Param.SequenceEqual(_param))
                continue;
            foreach (var value in Values)
            {
                if (value.Matches(term))
                    return !Not;
            }
        }
        return Not;
    }
}

/// <summary><c>system|code</c>, <c>|code</c> (no system), <c>system|</c> (any code of it) or <c>code</c> (any system).</summary>
/// <param name="System">Null for any system, empty for no system.</param>
/// <param name="Code">Null for any code.</param>
public sealed record TokenValue(string? System = null, string? Code = null)
{
    private readonly byte[]? _system = System is null ? null : global::System.Text.Encoding.UTF8.GetBytes(System);
    private readonly byte[]? _code = Code is null ? null : global::System.Text.Encoding.UTF8.GetBytes(Code);

    internal bool Matches(Term term) =>
        (_system is null || term.First.SequenceEqual(_system)) && (_code is null || term.Second.SequenceEqual(_code));
}

/// <summary>Prefixes of ordered values (R4 3.1.1.4.3).</summary>
public enum DateComparison
{
    Equal = 1,
    NotEqual = 2,
    Greater = 3,
    Less = 4,
    GreaterOrEqual = 5,
    LessOrEqual = 6,
    StartsAfter = 7,
    EndsBefore = 8,
    Approximately = 9,
}

/// <summary>A date (R4 3.1.1.4.7): compares the interval that the parameter covers with the interval that the element covers.</summary>
public sealed record DateCriterion(string Param, ImmutableArray<DateValue> Values) : Criterion
{
    private readonly byte[] _param = System.Text.Encoding.UTF8.GetBytes(Param);

    public override bool Matches(Statement statement)
    {
        foreach (var term in statement.Terms)
        {
            if (term.Kind != TermKind.Date || !term.Param.SequenceEqual(_param))
                continue;
            foreach (var value in Values)
            {
                if (value.Matches(term.FromTicks, term.UntilTicks))
                    return true;
            }
        }
        return false;
    }
}

/// <summary>A comparison with the half-open interval of UTC ticks that the parameter's precision covers.</summary>
public sealed record DateValue(DateComparison Comparison, long FromTicks, long UntilTicks)
{
    /// <summary>R4's table of prefixes, with [from, until) of the element against that of the parameter.</summary>
    internal bool Matches(long from, long until) => Comparison switch
    {
        DateComparison.Equal => from >= FromTicks && until <= UntilTicks,
        DateComparison.NotEqual => from < FromTicks || until > UntilTicks,
        DateComparison.Greater => until > UntilTicks,
        DateComparison.Less => from < FromTicks,
        DateComparison.GreaterOrEqual => until > UntilTicks || (from >= FromTicks && until <= UntilTicks),
        DateComparison.LessOrEqual => from < FromTicks || (from >= FromTicks && until <= UntilTicks),
        DateComparison.StartsAfter => from >= UntilTicks,
        DateComparison.EndsBefore => until <= FromTicks,
        // R4 leaves the width to the server: what overlaps at all.
        _ => from < UntilTicks && until > FromTicks,
    };
}

/// <summary>
/// A reference (R4 3.1.1.4.9) by <c>Type/id</c> or by bare id, which mean a resource of this server in any version, or by absolute URL.
/// </summary>
public sealed record ReferenceCriterion(string Param, ImmutableArray<string> Values) : Criterion
{
    private readonly byte[] _param = System.Text.Encoding.UTF8.GetBytes(Param);

    public override bool Matches(Statement statement)
    {
        foreach (var term in statement.Terms)
        {
            if (term.Kind != TermKind.Reference || !term.Param.SequenceEqual(_param))
                continue;
            string target = System.Text.Encoding.UTF8.GetString(term.First);
            foreach (string value in Values)
            {
                if (target == value || IsLocal(target, value))
                    return true;
            }
        }
        return false;
    }

    /// <summary>
    /// Whether a target <c>Type/id</c> or <c>Type/id/_history/n</c> is the resource that the value names by id or by type and id.
    /// </summary>
    private static bool IsLocal(ReadOnlySpan<char> target, ReadOnlySpan<char> value)
    {
        int version = target.IndexOf("/_history/");
        var current = version < 0 ? target : target[..version];
        int slash = current.IndexOf('/');
        return slash > 0 && !current[(slash + 1)..].Contains('/')
            && (current.SequenceEqual(value) || current[(slash + 1)..].SequenceEqual(value));
    }
}

/// <summary><c>_id</c>: any of these logical ids.</summary>
public sealed record IdCriterion(ImmutableArray<string> Ids) : Criterion
{
    public override bool Matches(Statement statement) => Ids.Contains(statement.Key.Id);
}

/// <summary><c>_lastUpdated</c>.</summary>
public sealed record LastUpdatedCriterion(ImmutableArray<DateValue> Values) : Criterion
{
    public override bool Matches(Statement statement)
    {
        long at = statement.At.UtcTicks;
        foreach (var value in Values)
        {
            if (value.Matches(at, at + 1))
                return true;
        }
        return false;
    }
}
