// Filter, search and folding. The page reads the same without it.
(function () {
    'use strict';
    var cases = Array.from(document.querySelectorAll('.case'));
    var suites = Array.from(document.querySelectorAll('.suite'));
    var rows = Array.from(document.querySelectorAll('main .matrix tbody tr'));
    var chips = Array.from(document.querySelectorAll('.chip'));
    var find = document.getElementById('find');
    var shown = document.getElementById('shown');
    var unfold = document.getElementById('unfold');
    var notmet = document.getElementById('notmet');
    var theme = document.getElementById('theme');
    var status = '';

    function filter() {
        var words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
        function matches(text) {
            text = text.toLowerCase();
            return words.every(function (w) { return text.includes(w); });
        }
        var n = 0;
        cases.forEach(function (c) {
            var tags = (c.dataset.tags || c.dataset.status || '').split(' ');
            var keep = (!status || tags.includes(status)) && matches(c.dataset.find);
            c.classList.toggle('hide', !keep);
            n += keep ? 1 : 0;
        });
        suites.forEach(function (s) {
            s.classList.toggle('hide', !s.querySelector('.case:not(.hide)'));
        });
        rows.forEach(function (r) {
            var keep = matches(r.textContent) &&
                !(notmet.checked && (r.dataset.verdict === 'pass' || r.dataset.verdict === 'none')) &&
                !(status === 'differs' && r.dataset.tags !== 'differs');
            r.classList.toggle('hide', !keep);
        });
        shown.textContent = n === cases.length ? '' : n + ' of ' + cases.length;
    }
    chips.forEach(function (chip) {
        chip.addEventListener('click', function () {
            status = chip.dataset.status;
            chips.forEach(function (c) { c.setAttribute('aria-pressed', String(c === chip)); });
            filter();
        });
    });
    find.addEventListener('input', filter);
    notmet.closest('label').hidden = false;
    notmet.addEventListener('change', filter);

    // '/' searches, Escape ends the search, j and k go to the next and the last case.
    function step(by) {
        var kept = cases.filter(function (c) { return !c.classList.contains('hide'); });
        var at = kept.findIndex(function (c) { return c.contains(document.activeElement); });
        var next = kept[at < 0 ? (by > 0 ? 0 : kept.length - 1) : at + by];
        var stop = next && (next.querySelector('summary') || next);
        if (stop) {
            stop.tabIndex = 0;
            stop.focus();
        }
    }
    document.addEventListener('keydown', function (e) {
        if (e.ctrlKey || e.metaKey || e.altKey) {
            return;
        }
        if (document.activeElement === find) {
            if (e.key === 'Escape') {
                find.value = '';
                filter();
                find.blur();
            }
        } else if (e.key === '/') {
            e.preventDefault();
            find.focus();
        } else if (e.key === 'j' || e.key === 'k') {
            step(e.key === 'j' ? 1 : -1);
        }
    });

    // Theme: as the system has it, light, dark. Where nothing can be kept it holds for this page.
    var themes = ['system', 'light', 'dark'];
    function paint(name) {
        if (name === 'system') {
            document.documentElement.removeAttribute('data-theme');
        } else {
            document.documentElement.dataset.theme = name;
        }
        theme.textContent = 'Theme: ' + name;
    }
    function kept() {
        try {
            return localStorage.getItem('rtclab-theme');
        } catch (e) {
            return null;
        }
    }
    var painted = themes.includes(kept()) ? kept() : 'system';
    paint(painted);
    theme.hidden = false;
    theme.addEventListener('click', function () {
        painted = themes[(themes.indexOf(painted) + 1) % themes.length];
        paint(painted);
        try {
            localStorage.setItem('rtclab-theme', painted);
        } catch (e) {
            return;
        }
    });

    // Several runs: what heads the columns.
    var runs = document.getElementById('runs');
    if (runs) {
        var head = document.getElementById('columnhead');
        head.appendChild(document.createElement('span'));
        Array.from(runs.rows).forEach(function (r, i) {
            var name = document.createElement('span');
            name.textContent = (i + 1) + ': ' + r.cells[1].textContent;
            head.appendChild(name);
        });
    }

    unfold.hidden = false;
    unfold.addEventListener('click', function () {
        var kept = cases.filter(function (c) { return !c.classList.contains('hide'); });
        var open = !kept.every(function (c) { return c.open; });
        kept.forEach(function (c) { c.open = open; });
        unfold.textContent = open ? 'Fold all' : 'Unfold all';
    });

    // A link to a case or a message unfolds what it stands in.
    function reveal() {
        var at = document.getElementById(location.hash.slice(1));
        if (!at || !at.matches('details')) {
            return;
        }
        for (var d = at; d; d = d.parentElement && d.parentElement.closest('details')) {
            d.open = true;
            d.classList.remove('hide');
            if (d.parentElement) {
                var suite = d.closest('.suite');
                if (suite) {
                    suite.classList.remove('hide');
                }
            }
        }
        at.scrollIntoView();
    }
    window.addEventListener('hashchange', reveal);
    document.addEventListener('click', function (e) {
        var a = e.target.closest('a[href^="#"]');
        if (a && a.getAttribute('href') === location.hash) {
            reveal(); // the same link once more gives no hashchange
        }
    });
    reveal();

    if (navigator.clipboard) {
        document.querySelectorAll('.copy').forEach(function (b) {
            b.hidden = false;
            b.addEventListener('click', function () {
                navigator.clipboard.writeText(b.previousElementSibling.textContent).then(
                    function () { b.textContent = 'copied'; },
                    function () { b.textContent = 'not allowed'; });
            });
        });
    }
}());
