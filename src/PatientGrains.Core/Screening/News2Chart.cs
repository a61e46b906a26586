namespace PatientGrains.Core.Screening;

/// <summary>Chart 1 of NEWS2 (Royal College of Physicians, 2017), row by row.</summary>
internal static class News2Chart
{
    public static Row RespiratoryRate { get; } = new("respiratory rate {0}/min", 0,
        new(3, "<= 8", 8), new(1, "9-11", 11), new(0, "12-20", 20), new(2, "21-24", 24), new(3, ">= 25"));

    public static Row Scale1 { get; } = new("SpO2 scale 1 {0} %", 0,
        new(3, "<= 91", 91), new(2, "92-93", 93), new(1, "94-95", 95), new(0, ">= 96"));

    public static Row Scale2OnAir { get; } = new("SpO2 scale 2 {0} %", 0,
        new(3, "<= 83", 83), new(2, "84-85", 85), new(1, "86-87", 87), new(0, ">= 88"));

    public static Row Scale2OnOxygen { get; } = new("SpO2 scale 2 {0} % on oxygen", 0,
        new(3, "<= 83", 83), new(2, "84-85", 85), new(1, "86-87", 87), new(0, "88-92", 92),
        new(1, "93-94", 94), new(2, "95-96", 96), new(3, ">= 97"));

    public static Row SystolicPressure { get; } = new("systolic pressure {0} mmHg", 0,
        new(3, "<= 90", 90), new(2, "91-100", 100), new(1, "101-110", 110), new(0, "111-219", 219), new(3, ">= 220"));

    public static Row Pulse { get; } = new("pulse {0}/min", 0,
        new(3, "<= 40", 40), new(1, "41-50", 50), new(0, "51-90", 90), new(1, "91-110", 110), new(2, "111-130", 130), new(3, ">= 131"));

    public static Row Temperature { get; } = new("temperature {0} °C", 1,
        new(3, "<= 35.0", 35.0m), new(1, "35.1-36.0", 36.0m), new(0, "36.1-38.0", 38.0m), new(1, "38.1-39.0", 39.0m), new(2, ">= 39.1"));

    /// <param name="Points">0 to 3.</param>
    /// <param name="Text">As the chart prints it; in its row, with the parameter and its unit.</param>
    /// <param name="UpTo">The last value of the cell; that of the last cell is never reached.</param>
    public sealed record Cell(int Points, string Text, decimal UpTo = decimal.MaxValue);

    /// <summary>Cells from the lowest values to the highest.</summary>
    public sealed class Row(string format, int decimals, params Cell[] cells)
    {
        private readonly Cell[] _cells = [.. cells.Select(cell => cell with { Text = string.Format(null, format, cell.Text) })];

        public Cell CellOf(decimal value)
        {
            decimal rounded = Math.Round(value, decimals, MidpointRounding.AwayFromZero);
            int i = 0;
            while (rounded > _cells[i].UpTo)
                i++;
            return _cells[i];
        }
    }
}
