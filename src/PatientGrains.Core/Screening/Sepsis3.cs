using System.Collections.Immutable;

namespace PatientGrains.Core.Screening;

/// <summary>
/// Sepsis by the third consensus: suspected infection, and a rise of SOFA by 2 points or more between 48 h before and 24 h after its onset.
/// Infection is suspected when a body fluid was cultured and an antimicrobial given or ordered, the antimicrobial within 72 h of an earlier
/// culture, or the culture within 24 h of an earlier antimicrobial; the onset is the earlier of both (Seymour 2016; edges included).
/// <para>
/// The baseline is what each organ last showed before those 72 hours, and 0 where nothing is known: Singer 2016, "the baseline SOFA score
/// can be assumed to be zero in patients not known to have preexisting organ dysfunction". The last and not the lowest earlier value,
/// because the dysfunction that was there when infection was first thought of is not its work.
/// </para>
/// <para>
/// As the definition looks back and an alert does not, it is met until 24 h after the onset once the rise was there, and later for as long
/// as the rise is still there, at most 7 days after the onset. Septic shock, sepsis with a vasopressor running and lactate above 2 mmol/L,
/// is met without knowing that fluids were tried first, which no feed says.
/// </para>
/// </summary>
internal static class Sepsis3
{
    private static readonly TimeSpan CultureFirst = TimeSpan.FromHours(72);
    private static readonly TimeSpan AntimicrobialFirst = TimeSpan.FromHours(24);
    private static readonly TimeSpan Before = TimeSpan.FromHours(48);
    private static readonly TimeSpan After = TimeSpan.FromHours(24);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(7);
    private const decimal ShockLactateMmolPerL = 2;

    /// <summary>
    /// Urgent, because hospital mortality is above 10 %; shock is Critical, above 40 % (Singer 2016). An episode closes after a day without
    /// dysfunction, so that one organ's daily ups and downs are one episode. Adults: the consensus is about them.
    /// </summary>
    public static ScreeningRule Rule { get; } = new(
        "sepsis3", 1, "Sepsis-3",
        "Singer M et al. JAMA 2016;315:801-810, doi:10.1001/jama.2016.0287; Seymour CW et al. JAMA 2016;315:762-774, "
        + "doi:10.1001/jama.2016.0288",
        Sofa.Variables.Add(Variable.Lactate), Recovery: TimeSpan.FromHours(24), MinimumAge: 18, Assess);

    private static Assessment Assess(Chart chart, DateTimeOffset at)
    {
        var suspicions = Suspicions(chart, at);
        if (suspicions.IsEmpty)
            return Assessment.None;
        var now = SofaScore.At(chart, at);
        foreach (var suspicion in suspicions)
        {
            if (Dysfunction(chart, at, suspicion.Onset, now) is { } found)
                return Met(chart, at, suspicion, found.Rise, found.Score);
        }
        return new Assessment { Score = Math.Max(0, RiseAt(chart, suspicions[0].Onset, now)), Missing = now.Missing };
    }

    /// <summary>The rise of 2 that the definition asks for; null when it is not there, or is over.</summary>
    private static (int Rise, SofaScore Score)? Dysfunction(Chart chart, DateTimeOffset at, DateTimeOffset onset, SofaScore now)
    {
        int present = RiseAt(chart, onset, now);
        var end = onset + After;
        if (at <= end && present >= Sofa.Rise)
            return (present, now);
        if (at > end && present < Sofa.Rise)
            return null;
        var (highest, when) = SofaScore.HighestRise(chart, Baseline(chart, onset), onset - Before, at < end ? at : end);
        if (highest < Sofa.Rise)
            return null;
        return present >= Sofa.Rise ? (present, now) : (highest, SofaScore.At(chart, when));
    }

    private static int RiseAt(Chart chart, DateTimeOffset onset, SofaScore score) =>
        score.RiseFrom(Baseline(chart, onset), isUnknownZero: true);

    /// <summary>Before the window, whose first moment belongs to it.</summary>
    private static SofaScore Baseline(Chart chart, DateTimeOffset onset) =>
        SofaScore.Before(chart, onset - Before - TimeSpan.FromTicks(1));

    private static Assessment Met(Chart chart, DateTimeOffset at, Suspicion suspicion, int rise, SofaScore score)
    {
        var criteria = ImmutableArray.CreateBuilder<MetCriterion>();
        criteria.Add(Say("body fluid culture", suspicion.Culture, suspicion.Culture.Finding.At));
        criteria.Add(Say("antimicrobial", suspicion.Antimicrobial, suspicion.Antimicrobial.Finding.At));
        criteria.AddRange(score.Criteria);
        bool isShock = false;
        if (Vasopressors.RunningAt(chart, at) is { } vasopressor
            && chart.Fresh(Variable.Lactate, at) is { Value: > ShockLactateMmolPerL } lactate)
        {
            isShock = true;
            var drug = vasopressor.Finding;
            criteria.Add(Say("vasopressor to keep up the pressure", vasopressor, drug.At) with
            {
                Value = drug.RateMcgPerKgMin, Unit = drug.RateMcgPerKgMin is null ? null : "ug/kg/min",
            });
            criteria.Add(new MetCriterion
            {
                Name = "lactate > 2 mmol/L", Variable = Variable.Lactate, Value = lactate.Value, Unit = "mmol/L", At = lactate.At,
                Key = lactate.Key, Version = lactate.Version,
            });
        }
        return new Assessment
        {
            Severity = isShock ? Severity.Critical : Severity.Urgent,
            Score = rise,
            Criteria = criteria.ToImmutable(),
            Missing = score.Missing,
        };
    }

    private static MetCriterion Say<T>(string name, Charted<T> charted, DateTimeOffset when) where T : Finding =>
        new() { Name = name, Variable = null, At = when, Key = charted.Key, Version = charted.Version };

    private readonly record struct Suspicion(DateTimeOffset Onset, Charted<Cultured> Culture, Charted<Given> Antimicrobial);

    /// <summary>All suspicions that are known at a time and began in the week before, the newest first, one for each onset.</summary>
    private static ImmutableArray<Suspicion> Suspicions(Chart chart, DateTimeOffset at)
    {
        if (chart.Cultures.IsEmpty || chart.Drugs.IsEmpty)
            return [];
        var found = new Dictionary<DateTimeOffset, Suspicion>();
        foreach (var antimicrobial in chart.Drugs)
        {
            if (antimicrobial.Finding.Drug != Drug.Antimicrobial || antimicrobial.Finding.At > at)
                continue;
            foreach (var culture in chart.Cultures)
            {
                var apart = antimicrobial.Finding.At - culture.Finding.At;
                if (culture.Finding.At > at || apart > CultureFirst || apart < -AntimicrobialFirst)
                    continue;
                var onset = apart > TimeSpan.Zero ? culture.Finding.At : antimicrobial.Finding.At;
                if (at - onset <= Longest)
                    found.TryAdd(onset, new Suspicion(onset, culture, antimicrobial));
            }
        }
        return [.. found.Values.OrderByDescending(suspicion => suspicion.Onset)];
    }
}
