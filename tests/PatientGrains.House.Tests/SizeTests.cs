namespace PatientGrains.House.Tests;

public class SizeTests
{
    private static readonly Dictionary<string, int> Nothing = [];

    private static IEnumerable<CodeFile> Written =>
        Repository.Code.Where(file => !file.Path.EndsWith(".g.cs", StringComparison.Ordinal));

    [Fact]
    public void Files_and_methods_keep_their_measure()
    {
        Measured[] sizes = [.. Written.SelectMany(SizeRules.Measure), .. SizeRules.LongLines(Written)];
        string text = Repository.Read(SizeRatchet.File);
        if (Environment.GetEnvironmentVariable(SizeRatchet.Variable) == "1")
            File.WriteAllText(Repository.FullPath(SizeRatchet.File), text = SizeRatchet.Lower(text, sizes.ToDictionary(size => size.Name)));
        House.Holds(SizeRules.Violations(sizes, SizeRatchet.Parse(text)));
    }

    [Fact]
    public void Long_lines_are_counted_per_project()
    {
        string tooLong = new('/', SizeRules.LineWidth + 1);
        var counted = Assert.Single(SizeRules.LongLines([Of($"{tooLong}\n//\n{tooLong}"), Of(tooLong), Of(tooLong[1..])]));
        Assert.Equal(("PatientGrains.Core::long-lines", 3), (counted.Name, counted.Lines));
        Check("over 0", SizeRules.Violations([counted], Nothing));
        Check("grew", SizeRules.Violations([counted], new Dictionary<string, int> { [counted.Name] = 2 }));
    }

    [Theory]
    [InlineData(300, 0, null)]
    [InlineData(301, 0, "over 300")]
    [InlineData(350, 350, null)]
    [InlineData(351, 350, "grew")]
    [InlineData(349, 350, "shrank")]
    [InlineData(401, 401, "wall")]
    public void A_file_is_measured_against_look_wall_and_list(int lines, int listed, string? complaint)
    {
        var file = Of(string.Concat(Enumerable.Repeat("// line\n", lines)));
        var ratchet = listed == 0 ? Nothing : new() { [file.Path] = listed };
        Check(complaint, SizeRules.Violations(SizeRules.Measure(file), ratchet));
    }

    [Theory]
    [InlineData(40, 0, null)]
    [InlineData(41, 0, "over 40")]
    [InlineData(41, 41, null)]
    [InlineData(42, 41, "grew")]
    [InlineData(71, 71, "wall")]
    public void A_method_is_measured_without_its_attributes_and_documentation(int lines, int listed, string? complaint)
    {
        var file = Of($$"""
            class Long
            {
                /// <summary>Documented.</summary>
                [Obsolete]
                void Method()
                {
            {{string.Concat(Enumerable.Repeat("        F();\n", lines - 3))}}    }
            }
            """);
        var ratchet = listed == 0 ? Nothing : new() { [file.Path + "::Long.Method"] = listed };
        Check(complaint, SizeRules.Violations(SizeRules.Measure(file), ratchet));
    }

    [Fact]
    public void An_entry_for_what_is_gone_is_caught() =>
        Assert.Contains("not there", Assert.Single(SizeRules.Violations([], new Dictionary<string, int> { ["src/Gone.cs"] = 310 })));

    [Fact]
    public void The_list_is_lowered_and_never_raised()
    {
        const string text = "# heading\n310 a.cs # one\n310 b.cs # two\n310 c.cs # three\n310 d.cs # four\n";
        var sizes = new Measured[] { new("a.cs", 305, 300, 400), new("b.cs", 320, 300, 400), new("c.cs", 290, 300, 400) };
        Assert.Equal("# heading\n305 a.cs # one\n310 b.cs # two\n", SizeRatchet.Lower(text, sizes.ToDictionary(size => size.Name)));
    }

    [Fact]
    public void An_entry_without_a_reason_is_refused() => Assert.Throws<FormatException>(() => SizeRatchet.Parse("310 a.cs"));

    private static CodeFile Of(string text) => new("src/PatientGrains.Core/A.cs", text);

    private static void Check(string? complaint, IEnumerable<string> violations)
    {
        if (complaint is null)
            Assert.Empty(violations);
        else
            Assert.Contains(complaint, Assert.Single(violations));
    }
}
