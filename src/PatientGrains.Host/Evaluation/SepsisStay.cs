using System.Collections.Immutable;
using System.Globalization;
using PatientGrains.Core.Screening;

namespace PatientGrains.Host.Evaluation;

/// <summary>One hour of a stay: what was measured in it, and whether the Challenge calls it septic.</summary>
/// <param name="IcuHour">ICULOS: hours since the patient came to intensive care.</param>
/// <param name="IsLabelled">SepsisLabel, which already begins 6 hours before the onset.</param>
/// <param name="Findings">In canonical units; implausible values as <see cref="Doubted"/>.</param>
internal sealed record SepsisHour(int IcuHour, bool IsLabelled, ImmutableArray<Finding> Findings);

/// <summary>
/// A stay in the format of the PhysioNet/CinC Challenge 2019 (Reyna MA et al., Crit Care Med 2020;48:210-217,
/// doi:10.1097/CCM.0000000000004145): a file of lines separated by <c>|</c>, one for each hour, NaN for what was not measured.
/// </summary>
internal sealed record SepsisStay(string Name, int AgeYears, ImmutableArray<SepsisHour> Hours)
{
    /// <summary>How long the label begins before the onset.</summary>
    public const int LabelLead = 6;

    /// <summary>When the first hour of intensive care began; any day would do.</summary>
    public static readonly DateTimeOffset Admission = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// The row of the onset, as the Challenge's scorer counts it (it may lie behind the last); null for a stay without sepsis.
    /// </summary>
    public int? OnsetRow
    {
        get
        {
            for (int row = 0; row < Hours.Length; row++)
            {
                if (Hours[row].IsLabelled)
                    return row + LabelLead;
            }
            return null;
        }
    }

    public static DateTimeOffset TimeOf(int icuHour) => Admission.AddHours(icuHour);

    /// <exception cref="MalformedStayException">A line is not what the format says.</exception>
    public static SepsisStay Read(string name, IEnumerable<string> lines)
    {
        var hours = ImmutableArray.CreateBuilder<SepsisHour>();
        int age = 0;
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            if (number == 1)
            {
                if (line.TrimEnd() != SepsisColumns.Header)
                    throw new MalformedStayException(1, "the header is not that of the PhysioNet/CinC Challenge 2019");
                continue;
            }
            string[] fields = line.TrimEnd().Split('|');
            if (fields.Length != SepsisColumns.Count)
                throw new MalformedStayException(number, $"{fields.Length} columns, not {SepsisColumns.Count}");
            var hour = Hour(fields, number);
            if (hours.Count > 0 && hour.IcuHour <= hours[^1].IcuHour)
                throw new MalformedStayException(number, "ICULOS does not go on");
            if (hours.Count == 0)
                age = AgeOf(fields, number);
            hours.Add(hour);
        }
        return hours.Count > 0
            ? new SepsisStay(name, age, hours.ToImmutable())
            : throw new MalformedStayException(Math.Max(1, number), "no hours");
    }

    private static int AgeOf(string[] fields, int line) =>
        Number(fields, SepsisColumns.Age, line) is { } age and >= 0 and < 130
            ? (int)age
            : throw new MalformedStayException(line, "Age is none");

    private static SepsisHour Hour(string[] fields, int line)
    {
        if (Number(fields, SepsisColumns.IcuHour, line) is not ({ } hour and > 0 and < 100_000) || hour != decimal.Truncate(hour))
            throw new MalformedStayException(line, "ICULOS is not an hour");
        if (Number(fields, SepsisColumns.Label, line) is not ({ } label and (0 or 1)))
            throw new MalformedStayException(line, "SepsisLabel is neither 0 nor 1");
        var values = new decimal?[SepsisColumns.Count];
        for (int column = 0; column < values.Length; column++)
            values[column] = Number(fields, column, line);
        return new SepsisHour((int)hour, label == 1, SepsisColumns.FindingsOf(values, TimeOf((int)hour)));
    }

    /// <summary>Null for NaN. What stands there is not repeated: it may be anything.</summary>
    private static decimal? Number(string[] fields, int column, int line)
    {
        if (fields[column] == "NaN")
            return null;
        return decimal.TryParse(fields[column], NumberStyles.Float, CultureInfo.InvariantCulture, out decimal value)
            ? value
            : throw new MalformedStayException(line, $"column {column + 1} is not a number");
    }
}

/// <param name="line">From 1, the header.</param>
internal sealed class MalformedStayException(int line, string message) : Exception(message)
{
    public int Line { get; } = line;
}
