namespace PatientGrains.House.Tests;

public class TreeTests
{
    private const string TestCommand = "dotnet test PatientGrains.sln -c Release";
    private const string DemoCommand = "dotnet run -c Release --project src/PatientGrains.Host -- demo";

    private static IEnumerable<(string Path, string Text)> Texts =>
        Repository.Paths.Where(TreeRules.IsText).Select(path => (path, Repository.Read(path)));

    private static IEnumerable<(string Path, string Text)> Pages =>
        Texts.Where(file => file.Path.EndsWith(".md", StringComparison.Ordinal));

    [Fact]
    public void Nothing_speaks_of_the_workplace_or_leaves_marks_for_later() =>
        House.Holds(Texts.SelectMany(file => TreeRules.ForeignWords(file.Path, file.Text)));

    [Theory]
    [InlineData("// TO" + "DO: later", true)]
    [InlineData("// FIX" + "ME", true)]
    [InlineData("see /wo" + "rk/shared", true)]
    [InlineData("run pg" + "build", true)]
    [InlineData("farm" + "-status", true)]
    [InlineData("as DESIGN" + ".md says", true)]
    [InlineData("see issue" + " 2", true)]
    [InlineData("../shared/data holds a farm of workers; the issue is known", false)]
    public void A_word_of_the_workplace_is_caught(string text, bool caught) =>
        Assert.Equal(caught, TreeRules.ForeignWords("a.cs", text).Any());

    [Fact]
    public void No_data_or_binary_is_committed() =>
        House.Holds(TreeRules.DataFiles(Repository.Paths.Select(path => (path, new FileInfo(Repository.FullPath(path)).Length))));

    [Theory]
    [InlineData("tests/a.json.gz", 10, true)]
    [InlineData("tests/A.NDJSON", 10, true)]
    [InlineData("src/a.txt", TreeRules.MaxFileBytes + 1, true)]
    [InlineData("src/PatientGrains.Fhir/Schema/r4.txt", 500_000, false)]
    public void A_data_file_is_caught(string path, long bytes, bool caught) =>
        Assert.Equal(caught, TreeRules.DataFiles([(path, bytes)]).Any());

    [SharedDataFact("synthea")]
    public void No_patient_of_the_test_data_is_copied_into_the_tree()
    {
        string[] ids = [.. Directory.EnumerateFiles(SharedDataFactAttribute.PathOf("synthea"))
            .Select(file => Path.GetFileName(file).Split('.')[0])
            .Where(name => Guid.TryParse(name, out _))];
        Assert.NotEmpty(ids);
        House.Holds(from file in Texts from id in ids where file.Text.Contains(id,
            StringComparison.OrdinalIgnoreCase) select $"{file.Path} holds {id}.");
    }

    [Fact]
    public void No_link_of_a_page_is_dead() => House.Holds(Pages.SelectMany(page =>
        TreeRules.DeadLinks(page.Path, page.Text, Repository.Exists)));

    [Theory]
    [InlineData("[a](gone.md)", "src/a/README.md", true)]
    [InlineData("[a](../b/README.md#part)", "src/a/README.md", false)]
    [InlineData("[a](/src/b/README.md)", "README.md", false)]
    [InlineData("[a](src/b/README.md \"title\")", "README.md", false)]
    [InlineData("[a](https://example.org/x) [b](#part) [c](mailto:a@example.org)", "README.md", false)]
    public void A_dead_link_is_caught(string text, string page, bool caught) =>
        Assert.Equal(caught, TreeRules.DeadLinks(page, text, path => path == "src/b/README.md").Any());

    [Fact]
    public void Every_project_that_is_not_a_test_says_on_a_page_what_it_is_for() =>
        House.Holds(Repository.Projects.Where(project => !project.Path.StartsWith("tests/", StringComparison.Ordinal))
            .SelectMany(project => TreeRules.Readme(
            project.Folder, project.Name, Repository.Exists(project.Folder + "/README.md") ? Repository.Read(project.Folder + "/README.md")
                : null)));

    [Theory]
    [InlineData(null, "no README")]
    [InlineData("# Other\n\nText.", "start with its name")]
    [InlineData("# A\n", "lines")]
    public void A_project_without_a_page_is_caught(string? text, string complaint) =>
        Assert.Contains(complaint, Assert.Single(TreeRules.Readme("src/A", "A", text)));

    [Fact]
    public void A_page_has_an_end() =>
        Assert.Single(TreeRules.Readme("src/A", "A", "# A\n" + string.Concat(Enumerable.Repeat("line\n", TreeRules.ReadmeLines))));

    [Fact]
    public void The_commands_of_the_README_are_those_that_are_run_for_every_change()
    {
        string readme = Repository.Read("README.md");
        string run = Repository.Read(".ci/run");
        foreach (string command in (string[])[TestCommand, DemoCommand])
        {
            Assert.Contains(command, readme);
            Assert.Contains(command, run);
        }
    }
}

/// <summary>A fact about data that lies beside the clone: skipped with what is missing, but never in CI.</summary>
internal sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute(string folder)
    {
        if (!Directory.Exists(PathOf(folder)) && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = $"../shared/data/{folder} is missing.";
    }

    public static string PathOf(string folder) => Path.GetFullPath(Repository.FullPath("../shared/data/" + folder));
}
