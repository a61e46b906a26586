namespace PatientGrains.Core.Screening;

/// <summary>A mean arterial pressure, measured or derived.</summary>
/// <param name="MmHg">Exact.</param>
/// <param name="Source">The mean, or the diastolic pressure that it was derived from.</param>
/// <param name="Systolic">The systolic pressure that it was derived from; null for one that was measured.</param>
internal readonly record struct MeanReading(decimal MmHg, Reading Source, Reading? Systolic);

/// <summary>
/// Mean arterial pressure as (S + 2 D) / 3 where both pressures stand for one time and no mean was measured at it: what cuffs report when
/// they report no mean.
/// </summary>
internal static class MeanPressure
{
    public static IEnumerable<MeanReading> Between(Chart chart, DateTimeOffset from, DateTimeOffset until)
    {
        var means = new List<MeanReading>();
        foreach (var mean in chart.Between(Variable.MeanArterialPressure, from, until))
            means.Add(new MeanReading(mean.Value, mean, null));
        int measured = means.Count;
        foreach (var diastolic in chart.Between(Variable.DiastolicPressure, from, until))
        {
            if (At(chart, Variable.MeanArterialPressure, diastolic.At) is null
                && At(chart, Variable.SystolicPressure, diastolic.At) is { } systolic && systolic.Value >= diastolic.Value)
            {
                means.Add(new MeanReading((systolic.Value + 2 * diastolic.Value) / 3, diastolic, systolic));
            }
        }
        return means.Count == measured ? means : means.OrderBy(mean => mean.Source.At);
    }

    private static Reading? At(Chart chart, Variable variable, DateTimeOffset at) =>
        chart.Newest(variable, at) is { } reading && reading.At == at ? reading : null;
}
