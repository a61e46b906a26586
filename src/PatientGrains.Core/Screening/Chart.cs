using System.Collections.Immutable;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Screening;

/// <summary>One value of a variable, and the version of the statement that says so.</summary>
public readonly record struct Reading(
    DateTimeOffset At, DateTimeOffset? From, decimal Value, bool IsPreliminary, ResourceKey Key, int Version);

/// <summary>A drug, culture or stay, and the version of the statement that says so.</summary>
public sealed record Charted<T>(T Finding, ResourceKey Key, int Version) where T : Finding;

/// <summary>
/// What is known of a patient for screening, ordered by the time at which it held, whenever it arrived: the findings of the current
/// versions of all statements. Immutable, so that a decision can look at the chart that its own events would make. Values older than
/// <see cref="KeptFor"/> before the newest of their series are let go; no rule looks back as far.
/// </summary>
public sealed class Chart
{
    /// <summary>More than the longest look back of a rule (7 days) and the oldest present that is screened (1 day) together.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(10);

    public static readonly Chart Empty = new();

    private readonly ImmutableDictionary<Variable, ImmutableArray<Reading>> _series;

    private Chart() => _series = ImmutableDictionary<Variable, ImmutableArray<Reading>>.Empty;

    private Chart(Chart of, ImmutableDictionary<Variable, ImmutableArray<Reading>> series)
    {
        _series = series;
        Drugs = of.Drugs;
        Cultures = of.Cultures;
        Stays = of.Stays;
        Birth = of.Birth;
    }

    public ImmutableArray<Charted<Given>> Drugs { get; private init; } = [];
    public ImmutableArray<Charted<Cultured>> Cultures { get; private init; } = [];
    public ImmutableArray<Charted<Placed>> Stays { get; private init; } = [];
    public Charted<Born>? Birth { get; private init; }

    /// <summary>All kept values of a variable, oldest first; of equal times the one with the greater key last.</summary>
    public ImmutableArray<Reading> Series(Variable variable) => _series.TryGetValue(variable, out var series) ? series : [];

    /// <summary>The newest value that held at a time, whatever its age; null when there is none.</summary>
    public Reading? Newest(Variable variable, DateTimeOffset at)
    {
        var series = Series(variable);
        int next = FirstAfter(series, at);
        return next == 0 ? null : series[next - 1];
    }

    /// <summary>The newest value that held at a time and still stands for it (<see cref="VariableDefinition.FreshFor"/>).</summary>
    public Reading? Fresh(Variable variable, DateTimeOffset at) =>
        Newest(variable, at) is { } reading && at - reading.At <= Variables.Of(variable).FreshFor ? reading : null;

    /// <summary>Values with <c>from &lt; At &lt;= until</c>, oldest first.</summary>
    public ReadOnlySpan<Reading> Between(Variable variable, DateTimeOffset from, DateTimeOffset until)
    {
        var series = Series(variable);
        int first = FirstAfter(series, from);
        return series.AsSpan()[first..Math.Max(first, FirstAfter(series, until))];
    }

    /// <summary>The latest time at which anything measured held, not after a time; null for none. The present that rules assess.</summary>
    public DateTimeOffset? Latest(DateTimeOffset notAfter)
    {
        DateTimeOffset? latest = null;
        foreach (var (variable, _) in _series)
        {
            if (Newest(variable, notAfter) is { } reading && !(reading.At <= latest))
                latest = reading.At;
        }
        return latest;
    }

    /// <summary>The unit that the patient lies in at a time; null when no encounter says.</summary>
    public string? UnitAt(DateTimeOffset at)
    {
        Placed? found = null;
        foreach (var stay in Stays)
        {
            if (stay.Finding.From <= at && !(stay.Finding.Until <= at) && !(stay.Finding.From < found?.From))
                found = stay.Finding;
        }
        return found?.Unit;
    }

    /// <summary>Full years at a time; null when the birth date is not known.</summary>
    public int? AgeAt(DateTimeOffset at)
    {
        if (Birth?.Finding.On is not { } born)
            return null;
        var day = DateOnly.FromDateTime(at.UtcDateTime);
        int years = day.Year - born.Year;
        return born.AddYears(years) > day ? years - 1 : years;
    }

    /// <summary>The chart with the findings of a version in place of those of the statement's earlier version.</summary>
    public Chart With(ResourceKey key, int version, ImmutableArray<Finding> findings) =>
        (version > 1 ? Without(key) : this).Plus(key, version, findings);

    /// <summary>The chart with the findings of a statement of which it has none.</summary>
    internal Chart Plus(ResourceKey key, int version, ImmutableArray<Finding> findings)
    {
        var chart = this;
        foreach (var finding in findings)
            chart = chart.Plus(key, version, finding);
        return chart;
    }

    /// <summary>The chart without anything that a statement said.</summary>
    public Chart Without(ResourceKey key)
    {
        var series = _series;
        foreach (var (variable, readings) in _series)
        {
            var left = readings.RemoveAll(reading => reading.Key == key);
            if (left.Length == readings.Length)
                continue;
            series = left.IsEmpty ? series.Remove(variable) : series.SetItem(variable, left);
        }
        return new Chart(this, series)
        {
            Drugs = Drugs.RemoveAll(x => x.Key == key),
            Cultures = Cultures.RemoveAll(x => x.Key == key),
            Stays = Stays.RemoveAll(x => x.Key == key),
            Birth = Birth?.Key == key ? null : Birth,
        };
    }

    private Chart Plus(ResourceKey key, int version, Finding finding) => finding switch
    {
        Measured m => new Chart(this, _series.SetItem(
            m.Variable, Insert(Series(m.Variable), new Reading(m.At, m.From, m.Value, m.IsPreliminary, key, version)))),
        Given given => new Chart(this, _series) { Drugs = Drugs.Add(new(given, key, version)) },
        Cultured cultured => new Chart(this, _series) { Cultures = Cultures.Add(new(cultured, key, version)) },
        Placed placed => new Chart(this, _series) { Stays = Stays.Add(new(placed, key, version)) },
        Born born => new Chart(this, _series) { Birth = new(born, key, version) },
        _ => this,
    };

    /// <summary>Sorted by time, then by key, so that the order of arrival leaves no trace.</summary>
    private static ImmutableArray<Reading> Insert(ImmutableArray<Reading> series, Reading reading)
    {
        int at = series.Length;
        while (at > 0 && Compare(series[at - 1], reading) > 0)
            at--;
        var longer = series.Insert(at, reading);
        int old = FirstAfter(longer, longer[^1].At - KeptFor);
        return old == 0 ? longer : longer[old..];
    }

    private static int Compare(Reading one, Reading other)
    {
        int byTime = one.At.CompareTo(other.At);
        return byTime != 0 ? byTime : string.CompareOrdinal(one.Key.ToString(), other.Key.ToString());
    }

    private static int FirstAfter(ImmutableArray<Reading> series, DateTimeOffset at)
    {
        int low = 0;
        int high = series.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (series[middle].At <= at)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
