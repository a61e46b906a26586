using System.Collections.Immutable;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Screening;

/// <summary>One value of a variable, and the version of the statement that says so.</summary>
public readonly record struct Reading(
    DateTimeOffset At, DateTimeOffset? From, decimal Value, bool IsPreliminary, ResourceKey Key, int Version);

/// <summary>A drug, culture, stay or birth, and the version of the statement that says so.</summary>
public sealed record Charted<T>(T Finding, ResourceKey Key, int Version) where T : Finding;

/// <summary>What the current version of a statement says.</summary>
internal readonly record struct Charting(ResourceKey Key, int Version, ImmutableArray<Finding> Findings);

/// <summary>
/// What is known of a patient for screening, ordered by the time at which it held, whenever it arrived: the findings of the current
/// versions of all statements, and nothing else: neither the order in which they came nor what they said before leaves a trace. Immutable,
/// so that a decision can look at the chart that its own events would make.
/// </summary>
/// <remarks>
/// Nothing is let go because it is old: what is old depends on the newest value, and a correction can take that one away. A reading takes
/// about a tenth of the memory that its resource does.
/// </remarks>
public sealed class Chart
{
    public static readonly Chart Empty = new();

    /// <summary>
    /// Nobody alive was treated before. Rules look days back from a time that the chart has, and before the year 1 there is none: a typing
    /// error (0001-01-01) must not make them fail.
    /// </summary>
    private static readonly DateTimeOffset Earliest = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Timeline[] _series;

    private Chart()
    {
        _series = new Timeline[(int)Enum.GetValues<Variable>().Max() + 1];
        Array.Fill(_series, Timeline.Empty);
    }

    private Chart(Chart of)
    {
        _series = [.. of._series];
        (Drugs, Cultures, Stays, Births) = (of.Drugs, of.Cultures, of.Stays, of.Births);
    }

    /// <summary>By the time at which each was given, started or ordered; so are cultures by theirs and stays by their start.</summary>
    public ImmutableArray<Charted<Given>> Drugs { get; private set; } = [];
    public ImmutableArray<Charted<Cultured>> Cultures { get; private set; } = [];
    public ImmutableArray<Charted<Placed>> Stays { get; private set; } = [];
    private ImmutableArray<Charted<Born>> Births { get; set; } = [];

    /// <summary>Of several sources that say it, the one with the lowest key; which of them is right is for reconciliation to say.</summary>
    public Charted<Born>? Birth => Births.IsEmpty ? null : Births[0];

    /// <summary>All values of a variable, oldest first; of one time the preliminary first, and of those the lower key.</summary>
    public Readings Series(Variable variable) => _series[(int)variable].All;

    /// <summary>The newest value that held at a time, whatever its age; null when there is none.</summary>
    public Reading? Newest(Variable variable, DateTimeOffset at) => _series[(int)variable].Newest(at);

    /// <summary>When the newest value held.</summary>
    public DateTimeOffset? NewestAt(Variable variable, DateTimeOffset at) => _series[(int)variable].NewestAt(at);

    /// <summary>The newest value that held at a time and still stands for it (<see cref="VariableDefinition.FreshFor"/>).</summary>
    public Reading? Fresh(Variable variable, DateTimeOffset at) =>
        Newest(variable, at) is { } reading && at - reading.At <= Variables.Of(variable).FreshFor ? reading : null;

    /// <summary>Values with <c>from &lt; At &lt;= until</c>, oldest first.</summary>
    public Readings Between(Variable variable, DateTimeOffset from, DateTimeOffset until) =>
        _series[(int)variable].Between(from, until);

    /// <summary>
    /// The latest time at which anything measured held, a drug was given or a culture was taken, not after a time; null for none. The
    /// present that rules assess: what was given after the last value counts at once, not when the next value comes.
    /// </summary>
    public DateTimeOffset? Latest(DateTimeOffset notAfter)
    {
        DateTimeOffset? latest = null;
        foreach (var series in _series)
        {
            if (series.NewestAt(notAfter) is { } newest && !(newest <= latest))
                latest = newest;
        }
        foreach (var drug in Drugs)
        {
            if (drug.Finding.At <= notAfter && !(drug.Finding.At <= latest))
                latest = drug.Finding.At;
        }
        foreach (var culture in Cultures)
        {
            if (culture.Finding.At <= notAfter && !(culture.Finding.At <= latest))
                latest = culture.Finding.At;
        }
        return latest;
    }

    /// <summary>The unit that the patient lies in at a time, by the stay that began last; null when no encounter says.</summary>
    public string? UnitAt(DateTimeOffset at)
    {
        Placed? found = null;
        foreach (var stay in Stays)
        {
            if (stay.Finding.From <= at && !(stay.Finding.Until <= at))
                found = stay.Finding;
        }
        return found?.Unit;
    }

    /// <summary>Full years at a time; null when the birth date is not known.</summary>
    public int? AgeAt(DateTimeOffset at)
    {
        if (Births.FirstOrDefault(birth => birth.Finding.On is not null)?.Finding.On is not { } born)
            return null;
        var day = DateOnly.FromDateTime(at.UtcDateTime);
        int years = day.Year - born.Year;
        return born.AddYears(years) > day ? years - 1 : years;
    }

    /// <summary>The chart with the findings of a version in place of those of the statement's earlier version.</summary>
    /// <param name="before">What the earlier version said, when that is known: then nothing has to be searched for.</param>
    public Chart With(ResourceKey key, int version, ImmutableArray<Finding> findings, ImmutableArray<Finding> before = default) =>
        (version > 1 ? Without(key, before) : this).Plus(key, version, findings);

    /// <summary>The chart with the findings of a statement of which it has none.</summary>
    internal Chart Plus(ResourceKey key, int version, ImmutableArray<Finding> findings)
    {
        bool isOwn = false;
        return Plus(key, version, findings, ref isOwn);
    }

    /// <summary>The same for one of many statements.</summary>
    /// <param name="key">The statement.</param>
    /// <param name="version">Its version.</param>
    /// <param name="findings">What it says.</param>
    /// <param name="isOwn">
    /// Whether nobody else has seen this chart, so that it is changed instead of copied; afterwards, whether that holds of the result.
    /// </param>
    internal Chart Plus(ResourceKey key, int version, ImmutableArray<Finding> findings, ref bool isOwn)
    {
        if (findings.All(static finding => finding is Doubted))
            return this;
        var chart = isOwn ? this : new Chart(this);
        isOwn = true;
        foreach (var finding in findings)
            chart.Add(key, version, finding);
        return chart;
    }

    /// <summary>The chart of these statements, each of which is named once.</summary>
    internal static Chart Of(IReadOnlyList<Charting> statements)
    {
        var chart = new Chart();
        var series = new List<Reading>?[chart._series.Length];
        foreach (var (key, version, findings) in statements)
        {
            foreach (var finding in findings)
            {
                if (finding is not Measured measured)
                    chart.Add(key, version, finding);
                else if (IsCharted(measured))
                    (series[(int)measured.Variable] ??= []).Add(ReadingOf(measured, key, version));
            }
        }
        for (int i = 0; i < series.Length; i++)
        {
            if (series[i] is { } readings)
                chart._series[i] = Timeline.Of(readings);
        }
        return chart;
    }

    /// <summary>The chart without anything that a statement said.</summary>
    /// <param name="before">What it said, when that is known: then nothing has to be searched for.</param>
    public Chart Without(ResourceKey key, ImmutableArray<Finding> before = default)
    {
        if (!before.IsDefault && before.All(finding => finding is Doubted))
            return this;
        var chart = new Chart(this)
        {
            Drugs = Drugs.RemoveAll(drug => drug.Key == key),
            Cultures = Cultures.RemoveAll(culture => culture.Key == key),
            Stays = Stays.RemoveAll(stay => stay.Key == key),
            Births = Births.RemoveAll(birth => birth.Key == key),
        };
        if (before.IsDefault)
        {
            foreach (ref var series in chart._series.AsSpan())
                series = series.Without(key);
            return chart;
        }
        foreach (var measured in before.OfType<Measured>())
        {
            ref var series = ref chart._series[(int)measured.Variable];
            series = series.Without(key, measured.At);
        }
        return chart;
    }

    /// <summary>Only on a chart that nobody else has seen yet.</summary>
    private void Add(ResourceKey key, int version, Finding finding)
    {
        switch (finding)
        {
            case Given { At: var given } when given < Earliest:
            case Cultured { At: var cultured } when cultured < Earliest:
                break;
            case Measured measured when IsCharted(measured):
                ref var series = ref _series[(int)measured.Variable];
                series = series.With(ReadingOf(measured, key, version));
                break;
            case Given drug:
                Drugs = Insert(Drugs, new(drug, key, version), each => each.At);
                break;
            case Cultured culture:
                Cultures = Insert(Cultures, new(culture, key, version), each => each.At);
                break;
            case Placed placed:
                Stays = Insert(Stays, new(placed, key, version), stay => stay.From);
                break;
            case Born born:
                Births = Insert(Births, new(born, key, version), _ => default);
                break;
        }
    }

    /// <summary>No rule has to reckon with what no living body shows, whoever found it.</summary>
    private static bool IsCharted(Measured measured) => measured.At >= Earliest
        && Variables.Of(measured.Variable) is var known && measured.Value >= known.Low && measured.Value <= known.High;

    private static Reading ReadingOf(Measured m, ResourceKey key, int version) =>
        new(m.At, m.From, m.Value, m.IsPreliminary, key, version);

    private static ImmutableArray<Charted<T>> Insert<T>(ImmutableArray<Charted<T>> sorted, Charted<T> charted, Func<T, DateTimeOffset> time)
        where T : Finding
    {
        int at = sorted.Length;
        while (at > 0 && (time(sorted[at - 1].Finding).CompareTo(time(charted.Finding)) is var order && order != 0
            ? order : Compare(sorted[at - 1].Key, charted.Key)) > 0)
            at--;
        return sorted.Insert(at, charted);
    }

    internal static int Compare(ResourceKey one, ResourceKey other) =>
        string.CompareOrdinal(one.Type, other.Type) is var byType && byType != 0 ? byType : string.CompareOrdinal(one.Id, other.Id);
}
