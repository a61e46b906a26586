using System.Globalization;
using PatientGrains.Core.Screening;
using Spectre.Console;

namespace PatientGrains.Host.Evaluation;

/// <summary>The figures as tables, with what they mean and what they do not.</summary>
internal static class SepsisReport
{
    /// <summary>What the format has no column for, so that whoever reads a table knows which definitions it cannot show.</summary>
    private const string NotThere =
        "The data has no PaO2, no consciousness (coma scale, ACVPU), no vasopressors, urine, weight, cultures or antimicrobials: "
        + "Sepsis-3 and septic shock cannot be evaluated on it; scores that ask for these are partial, and what is unknown counts as "
        + "normal.";

    public static void Write(IAnsiConsole console, SepsisFigures figures)
    {
        console.WriteLine(
            $"{figures.Stays} stays, {figures.SepticStays} of them septic; {figures.Hours} hours, {figures.LabelledHours} labelled "
            + $"({Percent(figures.LabelledHours / (double)figures.Hours)}; the label begins 6 h before the onset). "
            + $"{figures.MeasuredValues} values used, {figures.DoubtedValues} set aside as implausible.");
        Write(console, "By the hour", Hourly(figures));
        Write(console, "By the stay", ByStay(figures));
        Write(console, "Coverage: hours in which a value stands", Coverage(figures));
        WriteNotes(console, figures);
    }

    private static Table Hourly(SepsisFigures figures)
    {
        var table = NewTable("rule", "scored", "ranked by", "AUROC", "utility", "sensitivity", "PPV");
        foreach (var rule in figures.Rules.Where(rule => rule.IsEvaluable))
        {
            table.AddRow(
                Name(rule), rule.Scored is { } scored ? Percent(scored) : "-", rule.RankedBy, Show(rule.Auroc, "0.000"),
                Show(rule.Utility, "0.000"), Show(rule.HourSensitivity, "0.000"), Show(rule.HourPpv, "0.000"));
        }
        table.AddRow("(every hour)", "-", "-", "0.500", Show(new Figure(figures.AlwaysUtility), "0.000"), "1.000",
            Show(new Figure(Statistics.Ratio(figures.LabelledHours, figures.Hours)), "0.000"));
        return table;
    }

    private static Table ByStay(SepsisFigures figures)
    {
        var table = NewTable("rule", "sensitivity", "PPV", "alerts per patient-day", "lead h, median", "quartiles");
        foreach (var rule in figures.Rules.Where(rule => rule.IsEvaluable))
        {
            table.AddRow(
                Name(rule), Show(rule.StaySensitivity, "0.000"), Show(rule.StayPpv, "0.000"), Show(rule.AlertsPerPatientDay, "0.00"),
                Show(rule.LeadHours, "0.0"),
                rule.LeadFrom is null ? "-" : Number(rule.LeadFrom, "0.0") + " to " + Number(rule.LeadTo, "0.0"));
        }
        return table;
    }

    private static Table Coverage(SepsisFigures figures)
    {
        var table = NewTable("criterion", "hours", "asked by");
        foreach (var of in figures.Coverage)
            table.AddRow(of.Variable.ToString(), of.Fresh == 0 ? "never" : Percent(of.Fresh), string.Join(", ", of.AskedBy));
        table.AddRow("cultures, antimicrobials", "never", "sepsis3");
        table.AddRow("vasopressors", "never", "sofa, sepsis3");
        return table;
    }

    private static void WriteNotes(IAnsiConsole console, SepsisFigures figures)
    {
        console.WriteLine("* partial: it asks for something that this data never says. " + NotThere);
        var silent = figures.Rules.Where(rule => !rule.IsEvaluable).Select(rule => rule.Rule).ToList();
        if (silent.Count > 0)
            console.WriteLine($"Not evaluable here, because nothing it asks for was ever known or met: {string.Join(", ", silent)}.");
        console.WriteLine(
            "In parentheses 95 % confidence intervals: Wilson for sensitivity and PPV by the stay, else percentile bootstrap over stays "
            + $"({Bootstrap.Resamples} resamples, seed {Bootstrap.Seed}). Utility: the Challenge's, 1 for the best, 0 for silence. "
            + "By the hour a rule counts while it is met, by the stay by its alerts: found is a septic stay with an episode open between "
            + "12 h before the onset and 3 h after it, however long that episode had been open: long leads are old episodes rather than "
            + "foresight.");
        console.WriteLine(
            "PPV and utility depend on how many stays are septic here"
            + $" ({Percent(figures.SepticStays / (double)figures.Stays)}). These screens alone are weak: they find deterioration, not "
            + "infection, and none of them was fitted to these labels.");
        if (figures.AlwaysUtility is { } always && figures.Rules.All(rule => !(rule.Utility.Value > always)))
            console.WriteLine($"No rule has a higher utility than an alarm in every hour ({Number(always, "0.000")}) on these stays.");
    }

    private static void Write(IAnsiConsole console, string title, Table table)
    {
        console.WriteLine();
        console.WriteLine(title);
        console.Write(table);
    }

    private static Table NewTable(params string[] columns) => new Table().Border(TableBorder.Simple).AddColumns(columns);

    private static string Name(RuleFigures rule) => Markup.Escape(rule.NeverKnown.IsEmpty ? rule.Rule : rule.Rule + " *");

    private static string Show(Figure figure, string format) => figure.Value is null ? "-"
        : figure.Low is null ? Number(figure.Value, format)
        : $"{Number(figure.Value, format)} ({Number(figure.Low, format)} to {Number(figure.High, format)})";

    private static string Number(double? value, string format)
    {
        if (value is not { } number)
            return "-";
        // Rounded before it is written, so that what rounds to nothing has no sign.
        double rounded = Math.Round(number, format.Length - format.IndexOf('.') - 1);
        return (rounded == 0 ? 0 : rounded).ToString(format, CultureInfo.InvariantCulture);
    }

    private static string Percent(double share) => share.ToString("0.0 %", CultureInfo.InvariantCulture);
}
