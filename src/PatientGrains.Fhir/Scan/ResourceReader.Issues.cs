using System.Text;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>Where the pass is, and what it found wrong.</summary>
internal sealed partial class ResourceReader
{
    private readonly List<FhirIssue> _issues = [];
    private Step[] _path;
    private int _steps;
    private int _errors;

    /// <summary>A step of the location: the root's type name, or an element and, in an array, its index.</summary>
    private struct Step
    {
        public string Name;
        public int Index;
    }

    private void Push(string name)
    {
        if (_steps == _path.Length)
            Array.Resize(ref _path, _path.Length * 2);
        _path[_steps++] = new Step { Name = name, Index = -1 };
    }

    private void Report(Rule rule, int offset, FhirSeverity severity = FhirSeverity.Error, string? detail = null)
    {
        _errors++;
        if (_issues.Count >= _limits.MaxIssues)
            return;
        var (line, column) = Place(offset);
        _issues.Add(new FhirIssue(severity, rule.IssueType, rule.Key, detail is null ? rule.Message : $"{rule.Message} ({detail})",
            Location(_path.AsSpan(0, _steps)), line, column));
    }

    private void ReportAt(Rule rule, int offset, ReadOnlySpan<Step> path)
    {
        int steps = _steps;
        var saved = _path;
        _path = path.ToArray();
        _steps = path.Length;
        Report(rule, offset);
        _path = saved;
        _steps = steps;
    }

    /// <summary>Reports below the present place, at an element of it.</summary>
    private void ReportUnder(Rule rule, int offset, string element, string? detail = null, int index = -1)
    {
        Push(element);
        _path[_steps - 1].Index = index;
        Report(rule, offset, detail: detail);
        _steps--;
    }

    private bool Fatal(Rule rule, int offset, string? detail = null)
    {
        Report(rule, offset, FhirSeverity.Fatal, detail);
        return false;
    }

    private bool Syntax(string detail) => Fatal(Rule.Json, _at, detail);

    private bool SyntaxAt(int at, string detail) => Fatal(Rule.Json, Math.Min(at, _end), detail);

    private static string Location(ReadOnlySpan<Step> path)
    {
        var text = new StringBuilder();
        foreach (var step in path)
        {
            if (text.Length > 0)
                text.Append('.');
            text.Append(step.Name);
            if (step.Index >= 0)
                text.Append('[').Append(step.Index).Append(']');
        }
        return text.ToString();
    }

    private (int Line, int Column) Place(int offset)
    {
        var before = _data.AsSpan(_origin, offset - _origin);
        return (1 + before.Count((byte)'\n'), before.Length - (before.LastIndexOf((byte)'\n') + 1) + 1);
    }
}
