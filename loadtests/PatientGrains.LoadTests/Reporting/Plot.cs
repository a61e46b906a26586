using System.Globalization;
using System.Net;
using System.Text;

namespace PatientGrains.LoadTests.Reporting;

/// <summary>A line of a plot.</summary>
internal sealed record PlotLine(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>A plot as inline SVG: lines over a horizontal axis with given marks; vertically linear from 0, or logarithmic.</summary>
internal sealed record Plot(string Title, string Unit, IReadOnlyList<PlotLine> Lines, IReadOnlyList<(double At, string Text)> Marks)
{
    private const int Width = 560, Height = 260, Left = 60, Right = 26, Top = 28, Bottom = 34;
    private static readonly string[] Colours = ["#0b6e99", "#c4511d", "#3f7d20", "#7a4f9a", "#a08415", "#777777"];

    public bool Logarithmic { get; init; }

    private double Highest => Math.Max(1e-3, Lines.SelectMany(line => line.Points).Select(point => point.Y).DefaultIfEmpty(1).Max());

    /// <summary>Of a logarithmic axis: powers of ten that all points lie between.</summary>
    private int FromPower => (int)Math.Floor(Math.Log10(
        Math.Max(1e-3, Lines.SelectMany(line => line.Points).Select(point => point.Y).Where(y => y > 0).DefaultIfEmpty(1e-3).Min())));

    private int ToPower => Math.Max(FromPower + 1, (int)Math.Ceiling(Math.Log10(Highest)));

    public string Svg()
    {
        var svg = new StringBuilder();
        Add(svg, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\">");
        Add(svg, $"<text x=\"{Left}\" y=\"14\" class=\"t\">{WebUtility.HtmlEncode(Title)}</text>");
        foreach (double y in Rungs())
        {
            Add(svg, $"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(y):F1}\" y2=\"{Y(y):F1}\" class=\"g\"/>");
            Add(svg, $"<text x=\"{Left - 4}\" y=\"{Y(y) + 4:F1}\" class=\"y\">{Numbers.Text(y)}</text>");
        }
        Add(svg, $"<text x=\"4\" y=\"14\">{WebUtility.HtmlEncode(Unit)}</text>");
        foreach (var (at, text) in Marks)
            Add(svg, $"<text x=\"{X(at):F1}\" y=\"{Height - Bottom + 14}\" class=\"x\">{text}</text>");
        for (int i = 0; i < Lines.Count; i++)
            Draw(svg, Lines[i], i);
        return svg.Append("</svg>").ToString();
    }

    private void Draw(StringBuilder svg, PlotLine line, int number)
    {
        string colour = Colours[number % Colours.Length];
        var points = line.Points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(point.X):F1},{Y(point.Y):F1}"));
        Add(svg, $"<polyline points=\"{string.Join(' ', points)}\" stroke=\"{colour}\"/>");
        int x = Left + (number * ((Width - Left - Right) / Math.Max(1, Lines.Count)));
        Add(svg, $"<text x=\"{x}\" y=\"{Height - 4}\" fill=\"{colour}\">{WebUtility.HtmlEncode(line.Name)}</text>");
    }

    private static void Add(StringBuilder svg, FormattableString element) => svg.Append(FormattableString.Invariant(element));

    private IEnumerable<double> Rungs() => Logarithmic
        ? Enumerable.Range(FromPower, ToPower - FromPower + 1).Select(power => Math.Pow(10, power))
        : Enumerable.Range(0, 5).Select(i => Highest * i / 4);

    private double X(double x)
    {
        double low = Marks.Count == 0 ? 0 : Marks[0].At, high = Marks.Count == 0 ? 1 : Marks[^1].At;
        return Left + ((x - low) / Math.Max(1e-9, high - low) * (Width - Left - Right));
    }

    private double Y(double y)
    {
        double share = Logarithmic
            ? (Math.Log10(Math.Max(y, Math.Pow(10, FromPower))) - FromPower) / (ToPower - FromPower)
            : y / Highest;
        return Height - Bottom - (share * (Height - Top - Bottom));
    }
}
